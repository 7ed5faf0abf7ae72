package httpx

import "context"

type turnsKey struct{}

// WithTurns returns a context in which every call goes through take before its
// client asks for a place in the request budget or in the gate; take may wait.
// Which of several calls of one moment is first is the scheduler's choice
// otherwise: a simulation that can be repeated has to make it itself.
func WithTurns(ctx context.Context, take func(context.Context, Call)) context.Context {
	return context.WithValue(ctx, turnsKey{}, take)
}

// TakeTurn lets a call through that is about to ask for its place. Clients call
// it first of all; without WithTurns it does nothing.
func TakeTurn(ctx context.Context, call Call) {
	if take, ok := ctx.Value(turnsKey{}).(func(context.Context, Call)); ok {
		take(ctx, call)
	}
}
