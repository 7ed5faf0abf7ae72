package main

import (
	"errors"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/config"
	"defendersync/internal/sessions"
	"defendersync/internal/temporalx"
)

func TestADetailOfAScheduleDependsOnTheKeysIDAlone(t *testing.T) {
	const one, two = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
	details := func(keys string) string {
		s, err := config.Load(t.Context(), []string{"PAYLOAD_ENCRYPTION_KEY=" + keys}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return connection{settings: s}.sessionDetails()
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

func TestAScheduleUnderAnotherKeyIsToldByTheIdsOfBoth(t *testing.T) {
	const one, two = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
	with := func(keys string) connection {
		s, err := config.Load(t.Context(), []string{"PAYLOAD_ENCRYPTION_KEY=" + keys}, 0)
		if err != nil {
			t.Fatal(err)
		}
		ring, err := temporalx.ParseKeys(keys)
		if keys != "" && err != nil {
			t.Fatal(err)
		}
		c := connection{settings: s, converter: converter.GetDefaultDataConverter()}
		if keys != "" {
			c.converter = converter.NewCodecDataConverter(c.converter, ring)
		}
		return c
	}
	for _, tt := range []struct{ applied, now, says string }{
		{"", "k:" + one, "encryption key: none, settings: k"},
		{"k:" + one, "", "encryption key: k, settings: none"},
		{"k:" + one, "l:" + two + ",k:" + one, "encryption key: k, settings: l"},
		{"k:" + one, "k:" + one, ""},
		{"", "", ""},
	} {
		input, err := with(tt.applied).converter.ToPayload(with(tt.applied).sessionInput())
		if err != nil {
			t.Fatal(err)
		}
		var d differ
		d.compareKey([]any{input}, with(tt.now))
		got := ""
		if len(d) > 0 {
			got = d[0].String()
		}
		if got != tt.says {
			t.Errorf("applied with %q, now %q: %q, want %q", tt.applied, tt.now, got, tt.says)
		}
		schedule := client.Schedule{Action: &client.ScheduleWorkflowAction{Args: []any{input}}}
		err = lostKey(with(tt.now).sessionReader().CheckParams(schedule))
		if lost := tt.applied != "" && tt.now == ""; lost != errors.Is(err, sessions.ErrKey) || lost && !strings.Contains(err.Error(), "schedule delete") {
			t.Errorf("applied with %q, now %q: %v", tt.applied, tt.now, err)
		}
	}
}
