package workflows

import (
	"encoding/json"
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"
)

// Whoever may write to the namespace may send signals, so they are checked
// before they are believed. A signal that fails its check is dropped with a
// warning, and the next one is read at once: to wait for a good one would block
// the workflow.

// drainSignals calls each with the JSON of every signal that has arrived. The
// SDK drops and logs those that it cannot decode.
func drainSignals(c workflow.ReceiveChannel, each func(json.RawMessage)) {
	var raw json.RawMessage
	for c.ReceiveAsync(&raw) {
		each(raw)
		raw = nil
	}
}

// parseSignal decodes a signal of at most maxBytes into a new value, so that
// nothing of a bad signal remains in the next, and checks it.
func parseSignal[T any](raw json.RawMessage, maxBytes int, check func(T) error) (v T, err error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return v, errors.New("it is empty")
	case len(raw) > maxBytes:
		return v, fmt.Errorf("it has %d bytes, the limit is %d", len(raw), maxBytes)
	}
	if err = json.Unmarshal(raw, &v); err != nil {
		return v, err
	}
	return v, check(v)
}

// logDropped logs that a signal was not believed.
func logDropped(ctx workflow.Context, signal string, err error) {
	workflow.GetLogger(ctx).Warn("a signal failed its check and was dropped", "signal", signal, "error", err)
}
