package activities

import (
	"fmt"

	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// UserSample is what the rows of the users look like on which the endpoint was
// tried out. It is for whoever made the checks, and in no history.
type UserSample struct {
	Users    int    // rows that could be read
	Doubtful int    // of them, those that a session would skip, and not on purpose
	Name     string // one of them, masked; "" where there is none
	Keys     string // of its row
}

// Sample is what the users looked like on the page that was probed.
func (f Findings) Sample() UserSample { return f.sample }

// sampleUsers judges a page. Of the names one that can't be used is shown, if
// most can't, else one that can.
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
	if out.Name = good; out.Mostly() || good == "" {
		out.Name = bad
	}
	return out
}

// fewDoubtful is how many users have to be in doubt for it to be no accident:
// the app that is tried out may have two, and both devices.
const fewDoubtful = 3

// Mostly reports whether most users would be skipped, and not on purpose.
func (s UserSample) Mostly() bool { return s.Doubtful >= fewDoubtful && 2*s.Doubtful > s.Users }

// String says it in words.
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
