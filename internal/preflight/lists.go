package preflight

import (
	"context"
	"fmt"
	"slices"
	"time"

	"defendersync/internal/applist"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// Lists is what a look at Defender's lists showed, in words: what is well, and
// what an operator should know.
type Lists struct {
	Well   []string
	Doubts []string
}

// CheckLists finds out with at most three requests whether apps and users come
// by last activity as asked, and whether long lists can be read to their end. It
// goes by the plan that the checks have made.
func (c *Checker) CheckLists(ctx context.Context, plan contract.Plan) (Lists, error) {
	var out Lists
	if err := c.checkAppOrder(ctx, plan, &out); err != nil {
		return out, err
	}
	longest, ok := findLongest(plan)
	if !ok {
		return out, nil
	}
	return out, c.checkLongest(ctx, plan, longest, &out)
}

// checkAppOrder reads the first page of apps by last activity.
func (c *Checker) checkAppOrder(ctx context.Context, plan contract.Plan, out *Lists) error {
	window := saas.Window{Mode: saas.ModeIncremental, Timeframe: plan.Window.Timeframe}
	page, err := c.apps.ReadPage(ctx, contract.FetchAppsParams{Stream: plan.Streams[0], Window: window, Dialect: plan.Dialect})
	switch {
	case err != nil:
		return err
	case page.Walk.Whole:
		out.Doubts = append(out.Doubts, applist.NoteUnsorted)
	default:
		out.Well = append(out.Well, "apps come by last activity")
	}
	return nil
}

// findLongest returns the app of the first page that has the most users.
func findLongest(plan contract.Plan) (saas.App, bool) {
	if plan.First == nil || len(plan.First.Apps) == 0 {
		return saas.App{}, false
	}
	app := slices.MaxFunc(plan.First.Apps, func(a, b saas.App) int { return a.Users - b.Users })
	return app, app.Users > 0
}

// checkLongest reads the first and the last page of the longest list of users.
func (c *Checker) checkLongest(ctx context.Context, plan contract.Plan, app saas.App, out *Lists) error {
	query := listing.UserQuery{Stream: plan.Streams[0].ID, App: app.ID, Timeframe: plan.Window.Timeframe, Known: plan.Dialect}
	first, err := c.defender.ReadUsers(ctx, query)
	if err != nil {
		return err
	}
	times := listTimes(first.Users)
	order, here := listing.JudgeRows(times), listing.FindEdge(times)
	length, rows := listing.NewLength(app.Users), first.Rows
	length.NoteTotal(first.Total, first.Rows)
	if last := (length.FindGreatest() - 1) / contract.PageSize * contract.PageSize; last >= first.Rows && first.Rows > 0 {
		query.Skip = last
		end, err := c.defender.ReadUsers(ctx, query)
		switch {
		case err != nil && !httpx.IsAboutRequest(err):
			return err
		case err != nil || end.Rows == 0:
			out.Doubts = append(out.Doubts, fmt.Sprintf("the users of %q can't be read to their end: of about %d the last ones, from number %d on, are not given%s",
				app.Name, length.FindGreatest(), last+1, addReason(err)))
		default:
			rows = last + end.Rows
			order = max(order, listing.JudgePages(here, listing.FindEdge(listTimes(end.Users))))
		}
	}
	if order == listing.InOrder {
		out.Well = append(out.Well, "users come by last activity")
	} else {
		out.Doubts = append(out.Doubts, listing.NoteUsersUnsorted)
	}
	if length.CountMissing(rows) == 0 {
		out.Well = append(out.Well, fmt.Sprintf("the longest list, of %d users, can be read to its end", rows))
	}
	return nil
}

// addReason adds a failure to a sentence.
func addReason(err error) string {
	if err == nil {
		return ""
	}
	return ": " + httpx.Clip(err.Error())
}

// listTimes returns the times of a page's rows.
func listTimes(users []saas.Usage) []time.Time {
	times := make([]time.Time, len(users))
	for i, u := range users {
		times[i] = u.LastActivity
	}
	return times
}
