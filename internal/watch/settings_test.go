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
