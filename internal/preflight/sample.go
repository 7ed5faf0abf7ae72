package preflight

import (
	"fmt"

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
