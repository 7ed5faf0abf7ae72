package activities

import (
	"context"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
)

// Observe reads what a Watch judges. A watch of an older version that has lost its
// settings does not say which integration to observe; it mends its settings before it
// asks again.
func (a *Activities) Observe(ctx context.Context, in contract.ObserveParams) (contract.Observation, error) {
	if in.Integration == "" {
		return contract.Observation{}, temporal.NewNonRetryableApplicationError("no integration to observe", "Nameless", nil)
	}
	return a.sessionsOf(in.Integration).Observe(ctx, in)
}
