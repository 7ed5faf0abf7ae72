package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// Lists is what a look at Defender's lists has shown: in words, what is well
// and what an operator should know.
type Lists struct {
	Well   []string
	Doubts []string
}

// CheckLists finds out with at most three requests whether apps and users come
// by last activity as asked, and whether long lists can be read to their end.
// It goes by the plan that the checks before it have made, and writes nothing.
func (a *Activities) CheckLists(ctx context.Context, plan contract.Plan) (Lists, error) {
	var out Lists
	if err := a.checkAppOrder(ctx, plan, &out); err != nil {
		return out, err
	}
	longest, ok := longestApp(plan)
	if !ok {
		return out, nil
	}
	return out, a.checkLongest(ctx, plan, longest, &out)
}

// checkAppOrder reads the first page of apps by last activity.
func (a *Activities) checkAppOrder(ctx context.Context, plan contract.Plan, out *Lists) error {
	window := saas.Window{Mode: saas.ModeIncremental, Timeframe: plan.Window.Timeframe}
	page, err := a.readApps(ctx, contract.FetchAppsParams{Stream: plan.Streams[0], Window: window, Dialect: plan.Dialect})
	switch {
	case err != nil:
		return err
	case page.Walk.Whole:
		out.Doubts = append(out.Doubts, NoteAppsUnsorted)
	default:
		out.Well = append(out.Well, "apps come by last activity")
	}
	return nil
}

// longestApp is the app of the first page that has the most users.
func longestApp(plan contract.Plan) (saas.App, bool) {
	if plan.First == nil || len(plan.First.Apps) == 0 {
		return saas.App{}, false
	}
	app := slices.MaxFunc(plan.First.Apps, func(a, b saas.App) int { return a.Users - b.Users })
	return app, app.Users > 0
}

// checkLongest reads the first and the last page of the longest list of users.
func (a *Activities) checkLongest(ctx context.Context, plan contract.Plan, app saas.App, out *Lists) error {
	query := listing.UserQuery{Stream: plan.Streams[0].ID, App: app.ID, Timeframe: plan.Window.Timeframe, Known: plan.Dialect}
	first, err := a.defender.ReadUsers(ctx, query)
	if err != nil {
		return err
	}
	found, here := listing.JudgeRows(activityTimes(first.Users)), listing.FindEdge(activityTimes(first.Users))
	said := listing.NewLength(app.Users)
	said.NoteTotal(first.Total, first.Rows)
	rows := first.Rows
	if last := (said.Greatest() - 1) / defender.PageSize * defender.PageSize; last >= first.Rows && first.Rows > 0 {
		query.Skip = last
		end, err := a.defender.ReadUsers(ctx, query)
		switch {
		case err != nil && !httpx.IsAboutRequest(err):
			return err
		case err != nil || end.Rows == 0:
			out.Doubts = append(out.Doubts, fmt.Sprintf("the users of %q can't be read to their end: of about %d the last ones, from the %dth, are not given%s",
				app.Name, said.Greatest(), last+1, because(err)))
		default:
			rows = last + end.Rows
			found = max(found, listing.JudgePages(here, listing.FindEdge(activityTimes(end.Users))))
		}
	}
	if found == listing.InOrder {
		out.Well = append(out.Well, "users come by last activity")
	} else {
		out.Doubts = append(out.Doubts, listing.NoteUsersUnsorted)
	}
	if said.CountMissing(rows) == 0 {
		out.Well = append(out.Well, fmt.Sprintf("the longest list, of %d users, can be read to its end", rows))
	}
	return nil
}

// because adds a failure to a sentence.
func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + httpx.Clip(err.Error())
}

// activityTimes are the times of a page's rows.
func activityTimes(users []saas.Usage) []time.Time {
	times := make([]time.Time, len(users))
	for i, u := range users {
		times[i] = u.LastSeen
	}
	return times
}
