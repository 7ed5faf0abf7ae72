package main

import (
	"errors"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/config"
	"defendersync/internal/temporalx"
)

func TestAWrongKeyNamesTheSetting(t *testing.T) {
	const one, two = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
	coded := func(keys string) converter.DataConverter {
		ring, err := temporalx.ParseKeys(keys)
		if err != nil {
			t.Fatal(err)
		}
		return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), ring)
	}
	var sealed *commonpb.Payloads
	sealed, err := coded("k:" + one).ToPayloads("text")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]converter.DataConverter{
		"none": converter.GetDefaultDataConverter(), "another": coded(two), "another of the same id": coded("k:" + two),
	} {
		var text string
		if err := unreadable("its result", c.FromPayloads(sealed, &text)); !errors.Is(err, errKey) || !strings.Contains(err.Error(), "PAYLOAD_ENCRYPTION_KEY") {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := errors.New("context deadline exceeded")
	if err := unreadable("its result", other); err != other {
		t.Errorf("another error became %v", err)
	}
}

func TestADetailOfAScheduleDependsOnTheKeysIDAlone(t *testing.T) {
	const one, two = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
	details := func(keys string) string {
		s, err := config.Load(t.Context(), []string{"PAYLOAD_ENCRYPTION_KEY=" + keys}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return connection{settings: s}.details()
	}
	if details("k:"+one) != details("k:"+two) {
		t.Error("the key itself is part of a text that is shown to all")
	}
	if details("k:"+one) == details("l:"+one) || details("k:"+one) == details("") {
		t.Error("a change of keys does not show")
	}
	if details("k:"+one+",l:"+two) == details("l:"+two+",k:"+one) {
		t.Error("another key in front does not show")
	}
}
