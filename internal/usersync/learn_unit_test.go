package usersync

import (
	"testing"
	"time"
)

func TestAReadThatShowsOnlyWhatWasThereBeforeProvesNothing(t *testing.T) {
	at := time.Unix(1_795_000_000, 0)
	for name, tc := range map[string]struct {
		read   time.Time
		before entry
		want   bool
	}{
		"nothing":                        {time.Time{}, entry{}, false},
		"something where nothing was":    {at, entry{}, true},
		"what was there before":          {at, entry{assigned: true, last: at.Unix()}, false},
		"something else than was there":  {at, entry{assigned: true, last: at.Unix() - 60}, true},
		"something where only a bound":   {at, entry{assigned: true, unsure: true, last: at.Unix()}, true},
		"the day where a tenant cuts it": {at.Truncate(24 * time.Hour), entry{}, true},
	} {
		if got := isFromWrite(tc.read, tc.before); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
