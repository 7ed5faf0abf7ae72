package watch

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
)

func TestSettingsReadAsPeopleWriteThemAndComeBack(t *testing.T) {
	s := contract.WatchSettings{
		Integration: "x", StallAfter: 24 * time.Hour, NoProgress: 90 * time.Minute, Grace: 15 * time.Minute, Every: time.Second,
		Contacts: []string{"ann@contoso.com"},
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"stallAfter":"1d"`, `"noProgress":"1h30m"`, `"grace":"15m"`, `"every":"1s"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	var back contract.WatchSettings
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("%s came back as %+v, %v", text, back, err)
	}
}

func TestSettingsOfOlderHistoriesAreNumbers(t *testing.T) {
	var s contract.WatchSettings
	err := json.Unmarshal([]byte(`{"integration":"x","stallAfter":86400000000000,"every":1000000000}`), &s)
	if err != nil || s.StallAfter != 24*time.Hour || s.Every != time.Second {
		t.Errorf("%+v, %v", s, err)
	}
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"integration":"x","stallAfter":"1d","every":1000}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s, again contract.WatchSettings
		if json.Unmarshal(text, &s) != nil {
			return
		}
		out, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &again); err != nil || again.StallAfter != s.StallAfter || again.Every != s.Every {
			t.Errorf("%+v came back as %+v, %v", s, again, err)
		}
	})
}

func TestSettingsAreCheckedBelievedAndMended(t *testing.T) {
	many := make([]string, maxContacts+1)
	for i := range many {
		many[i] = "ann@contoso.com"
	}
	long := strings.Repeat("x", maxAddress-len("@contoso.com")) + "@contoso.com"
	for name, tc := range map[string]struct {
		change   func(*contract.WatchSettings)
		want     string
		usable   bool // without the contacts that are wrong
		contacts int  // then
	}{
		"good":       {func(*contract.WatchSettings) {}, "", true, 1},
		"of another": {func(s *contract.WatchSettings) { s.Integration = "it" }, `settings of "it", not of "hr"`, false, 1},
		"of nobody":  {func(s *contract.WatchSettings) { s.Integration = "" }, `settings of "", not of "hr"`, false, 1},
		"the shortest": {func(s *contract.WatchSettings) {
			s.StallAfter, s.NoProgress, s.Grace, s.Every = time.Second, time.Second, time.Second, time.Second
		}, "", true, 1},
		"the longest": {func(s *contract.WatchSettings) {
			s.StallAfter, s.NoProgress, s.Grace, s.Every = 30*24*time.Hour, 30*24*time.Hour, 30*24*time.Hour, 24*time.Hour
		}, "", true, 1},
		"stalls too soon":       {func(s *contract.WatchSettings) { s.StallAfter = time.Second - 1 }, "stallAfter is 999.999999ms", false, 1},
		"stalls too late":       {func(s *contract.WatchSettings) { s.StallAfter = 30*24*time.Hour + 1 }, "stallAfter is 720h0m0.000000001s", false, 1},
		"stuck too late":        {func(s *contract.WatchSettings) { s.NoProgress = 31 * 24 * time.Hour }, "noProgress is", false, 1},
		"no grace":              {func(s *contract.WatchSettings) { s.Grace = 0 }, "grace is 0s", false, 1},
		"looks too rarely":      {func(s *contract.WatchSettings) { s.Every = 24*time.Hour + 1 }, "every is 24h", false, 1},
		"many contacts":         {func(s *contract.WatchSettings) { s.Contacts = many[1:] }, "", true, maxContacts},
		"too many contacts":     {func(s *contract.WatchSettings) { s.Contacts = many }, "501 contacts", true, maxContacts},
		"a contact with a name": {func(s *contract.WatchSettings) { s.Contacts = []string{"bob@contoso.com", "Ann <ann@contoso.com>"} }, "contact 2 is not an email address", true, 1},
		"a contact with a line": {func(s *contract.WatchSettings) { s.Contacts = []string{"ann@contoso.com\r\n"} }, "contact 1 is not an email address", true, 0},
		"no contact":            {func(s *contract.WatchSettings) { s.Contacts = []string{"ann"} }, "contact 1 is not an email address", true, 0},
		"a long contact":        {func(s *contract.WatchSettings) { s.Contacts = []string{long} }, "", true, 1},
		"too long a contact":    {func(s *contract.WatchSettings) { s.Contacts = []string{"x" + long} }, "contact 1 is not an email address", true, 0},
	} {
		s := settings
		tc.change(&s)
		says(t, name, CheckSettings(s, "hr"), tc.want)
		before := len(s.Contacts)
		got, usable, err := BelieveSettings(s, "hr")
		says(t, name, err, tc.want)
		if usable != tc.usable || len(got.Contacts) != tc.contacts || len(s.Contacts) != before {
			t.Errorf("%s: usable %v with %d contacts", name, usable, len(got.Contacts))
		}
		mended := MendSettings(s, "hr")
		if err := CheckSettings(mended, "hr"); err != nil || len(mended.Contacts) != tc.contacts {
			t.Errorf("%s: mended to %+v, %v", name, mended, err)
		}
		if tc.want == "" && (mended.StallAfter != s.StallAfter || mended.NoProgress != s.NoProgress || mended.Grace != s.Grace || mended.Every != s.Every) {
			t.Errorf("%s: what was right became %+v", name, mended)
		}
	}
	if s := MendSettings(contract.WatchSettings{}, "hr"); s.StallAfter != 24*time.Hour || s.NoProgress != time.Hour || s.Grace != 15*time.Minute || s.Every != 5*time.Minute || s.Integration != "hr" {
		t.Errorf("the defaults are %+v", s)
	}
}
