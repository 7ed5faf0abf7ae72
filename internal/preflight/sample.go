package preflight

import (
	"context"
	"fmt"
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// UserSample describes the users on which the endpoint was probed. It is for
// whoever made the checks, and in no history.
type UserSample struct {
	Users    int    // rows that could be read
	Doubtful int    // of them, those that a session would skip by mistake
	Name     string // of one of them, masked; "" where there is none
	Keys     string // of its row
}

// sampleUsers judges a page. The name shown is one that cannot be used, where
// most cannot, and else one that can.
func sampleUsers(namer *saas.Namer, page listing.UserPage) UserSample {
	out := UserSample{Users: len(page.Users), Keys: page.Keys}
	good, bad := "", ""
	for _, u := range page.Users {
		_, skip := namer.Person(u.User)
		switch {
		case u.Weak, skip.IsDoubtful():
			out.Doubtful++
			bad = saas.MaskName(u.User)
		case skip == "":
			good = saas.MaskName(u.User)
		}
	}
	if out.Name = good; out.IsMostlyDoubtful() || good == "" {
		out.Name = bad
	}
	return out
}

// minDoubtful is how many users have to be in doubt for it to be no accident:
// the app that is probed may have two, and both devices.
const minDoubtful = 3

// IsMostlyDoubtful reports whether most users would be skipped by mistake.
func (s UserSample) IsMostlyDoubtful() bool {
	return s.Doubtful >= minDoubtful && 2*s.Doubtful > s.Users
}

// String describes the sample for an operator.
func (s UserSample) String() string {
	if s.Users == 0 {
		return "no user to look at"
	}
	text := fmt.Sprintf("of %d users of an app %d can be matched or are left out on purpose", s.Users, s.Users-s.Doubtful)
	if s.Name != "" {
		text += fmt.Sprintf("; one reads %s", s.Name)
	}
	return text + "; keys of a row: " + s.Keys
}

// ReadNames reads the names of up to most users as Defender shows them, from the
// first page of the first apps that have any: at most three requests. It goes by
// the plan that the checks have made.
func (c *Checker) ReadNames(ctx context.Context, plan contract.Plan, most int) ([]string, error) {
	var names []string
	asked := 0
	for _, app := range plan.First.Apps {
		if app.Users == 0 {
			continue
		}
		if asked++; asked > maxProbes || len(names) >= most {
			break
		}
		page, err := c.defender.ReadUsers(ctx, listing.UserQuery{Stream: plan.Streams[0].ID, App: app.ID, Timeframe: plan.Window.Timeframe, Known: plan.Dialect})
		if err != nil {
			return names, err
		}
		for _, u := range page.Users {
			if len(names) < most && !slices.Contains(names, u.User) {
				names = append(names, u.User)
			}
		}
	}
	return names, nil
}
