package sessions

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/temporalx"
)

func TestATerminatedSessionHasAResultForWhoeverWaitsForIt(t *testing.T) {
	f := newFake(t)
	run := f.addSession(24, time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, noon)
	run.failure = f.terminated()
	r, err := f.reader().ReadResult(t.Context(), run.id, "")
	if err != nil || r.Outcome != saas.OutcomeFailed || r.Session != run.id || r.Error != "the session was terminated by hand" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWaitingForAResultEndsWithItsContext(t *testing.T) {
	f := newFake(t)
	run := f.addSession(24, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.reader().ReadResult(ctx, run.id, ""); err != context.Canceled {
		t.Error(err)
	}
}

func TestAFailureOfTheWorkersKeyIsNotThisProcesss(t *testing.T) {
	fail := func(message, kind string) *temporal.ApplicationError {
		var failed *temporal.ApplicationError
		errors.As(temporal.NewApplicationError(message, kind), &failed)
		return failed
	}
	for says, failed := range map[string]*temporal.ApplicationError{
		"the worker's PAYLOAD_ENCRYPTION_KEY lacks the key": fail("unable to decode the workflow function input payload with error: payload item 0: encoding binary/encrypted", "wrapError"),
		"out of order": fail("out of order", "panic"),
	} {
		if got := foreignFailure(failed); !strings.Contains(got, says) {
			t.Errorf("%v: %q", failed, got)
		}
	}
	for name, failed := range map[string]*temporal.ApplicationError{
		"none": nil, "a session's own": fail("it failed", contract.FailureSession), "encrypted": fail(encodedFailure, "wrapError"),
	} {
		if got := foreignFailure(failed); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTheReasonOfAFailureIsItsOwnWords(t *testing.T) {
	failed := temporal.NewApplicationError("Defender is out", "x")
	for want, err := range map[string]error{
		"Defender is out": errors.Join(errors.New("wrapped"), failed),
		"no key":          unreportedError{"s", "no key", failed},
		"away":            errors.New("away"),
	} {
		if got := reasonOf(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if err := (unreportedError{"s", "no key", failed}); !errors.Is(err, failed) || err.Error() != "s failed before it could report: no key" {
		t.Error(err)
	}
}

const keyOne, keyTwo = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="

func withKey(t *testing.T, keys string) converter.DataConverter {
	t.Helper()
	ring, err := temporalx.ParseKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), ring)
}

func TestAWrongKeyNamesTheSettingOfTheIntegration(t *testing.T) {
	sealed, err := withKey(t, "k:"+keyOne).ToPayloads("text")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]converter.DataConverter{
		"none": nil, "another": withKey(t, keyTwo), "another of the same id": withKey(t, "k:"+keyTwo),
	} {
		r := Reader{Converter: c}
		var text string
		err := r.decode("its result", sealed, &text)
		if !errors.Is(err, ErrKey) || !strings.HasPrefix(err.Error(), "cannot read its result: PAYLOAD_ENCRYPTION_KEY must be the same as the workers' of this integration: ") {
			t.Errorf("%s: %v", name, err)
		}
		if err := r.decodeOne("it", sealed.Payloads[0], &text); !errors.Is(err, ErrKey) || ExplainDecoding("twice", err) != err {
			t.Errorf("%s, of one: %v", name, err)
		}
	}
	other := errors.New("context deadline exceeded")
	if err := ExplainDecoding("its result", other); err != other || isKeyError(err) {
		t.Errorf("another error became %v", err)
	}
	if ExplainDecoding("its result", nil) != nil {
		t.Error("no error became one")
	}
	for _, known := range []error{converter.ErrEncodingIsNotSupported, converter.ErrMetadataIsNotSet} {
		if !isKeyError(ExplainDecoding("it", known)) {
			t.Errorf("%v is none of a key", known)
		}
	}
}
