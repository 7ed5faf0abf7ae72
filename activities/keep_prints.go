package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/prints"
)

// KeepPrints keeps the fingerprints of the apps that a run of Sync has read, by
// returning them with those of the runs before: its result is where the next session
// finds them. It asks neither tenant.
func (a *Activities) KeepPrints(ctx context.Context, in contract.KeepPrintsParams) (contract.KeepPrintsResult, error) {
	list, err := prints.Split(in.Prints)
	if err != nil {
		return contract.KeepPrintsResult{}, temporal.NewNonRetryableApplicationError(err.Error(), string(httpx.KindContract), nil)
	}
	set := prints.NewSet(list)
	if in.Before.Run != "" {
		before, err := a.prints.load(ctx, in.Before)
		if err != nil {
			return contract.KeepPrintsResult{Set: prints.Set{}.Encode(), Fault: httpx.Clip(err.Error())}, nil
		}
		set = set.Union(before)
	}
	return contract.KeepPrintsResult{Set: set.Encode(), Count: set.Len()}, nil
}

// markSame marks the apps of a page whose rows are as the session before read them.
// Fingerprints that are not to be had are no error: every app is read then.
func (a *Activities) markSame(ctx context.Context, page *contract.AppsPage, ref contract.PrintsRef) {
	if page == nil || ref.Run == "" || len(page.Prints) == 0 {
		return
	}
	known, err := a.prints.load(ctx, ref)
	if err != nil {
		page.Notes = append(page.Notes, fmt.Sprintf("what the last session kept of apps cannot be read, so that the users of every app are read: %s", httpx.Clip(err.Error())))
		return
	}
	list, err := prints.Split(page.Prints)
	if err != nil || len(list) != len(page.Apps) {
		return
	}
	for i, p := range list {
		if known.Has(p) {
			page.Same = append(page.Same, i)
		}
	}
}
