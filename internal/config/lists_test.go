package config

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/saas"
)

func TestAThresholdCanBeGivenForAnyName(t *testing.T) {
	for text, want := range map[string]Thresholds{
		`"Yahoo!, Inc."=30d`:                     {"Yahoo!, Inc.": 30 * saas.Day},
		`"Yahoo!, Inc."=30d,Slack=14d`:           {"Yahoo!, Inc.": 30 * saas.Day, "Slack": 14 * saas.Day},
		`Slack=14d , "Yahoo!, Inc." = 30d ,`:     {"Yahoo!, Inc.": 30 * saas.Day, "Slack": 14 * saas.Day},
		`"E=mc2, or: not"=1d`:                    {"E=mc2, or: not": saas.Day},
		`a=b=1d`:                                 {"a=b": saas.Day},
		`"The ""Q"" App"=1d`:                     {`The "Q" App`: saas.Day},
		`The "Q" App=1d`:                         {`The "Q" App`: saas.Day},
		`"""Quoted"""=1d`:                        {`"Quoted"`: saas.Day},
		"\"two\nlines\"=1d":                      {"two\nlines": saas.Day},
		`Foo: the app=1d12h`:                     {"Foo: the app": 36 * time.Hour},
		`'n' roll's=1d`:                          {"'n' roll's": saas.Day},
		`C:\temp\=1d`:                            {`C:\temp\`: saas.Day},
		"Ünïcode ＝ app=1d":                       {"Ünïcode ＝ app": saas.Day},
		strings.Repeat("x", 5000) + `=1d,"a"=1h`: {strings.Repeat("x", 5000): saas.Day, "a": time.Hour},
	} {
		var got Thresholds
		if err := got.EnvDecode(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

func TestWhatIsWrongWithAListIsNamed(t *testing.T) {
	for setting, want := range map[string]string{
		`INTEGRATION_APP_THRESHOLDS=Yahoo!, Inc.=30d`:                              `"Yahoo!" is not an app's name and a duration: use Dropbox=30d, and quotes`,
		`INTEGRATION_APP_THRESHOLDS="Yahoo!, Inc.=30d`:                             `the quote that opens at "\"Yahoo!, Inc.=30d" is not closed`,
		`INTEGRATION_APP_THRESHOLDS="Yahoo!, Inc.":30d`:                            "is not an app's name and a duration",
		`INTEGRATION_APP_THRESHOLDS=""=30d`:                                        "is not an app's name and a duration",
		`INTEGRATION_APP_THRESHOLDS="Yahoo!, Inc."=soon`:                           `Yahoo!, Inc.: "soon" is not a duration`,
		`INTEGRATION_APP_THRESHOLDS="Yahoo!, Inc."=30`:                             `Yahoo!, Inc.: "30" has no unit`,
		`INTEGRATION_APP_THRESHOLDS="Yahoo!, Inc."=1d,yahoo!=2d,"YAHOO!, inc."=3d`: "YAHOO!, inc. is there twice",
		`DEFENDER_STREAMS="Proxy, Berlin" West`:                                    `"West" follows a closing quote`,
		`DEFENDER_STREAMS=Global View,"Proxy`:                                      "is not closed",
		`INTEGRATION_EXCLUDE_USERS="Doe, John`:                                     "is not closed",
		`INTEGRATION_CONTACTS="Doe, John <john@contoso.com>`:                       "is not closed",
		`INTEGRATION_CONTACTS=a@contoso.com;b@contoso.com`:                         "separate addresses by commas",
		`INTEGRATION_CONTACTS=ops,a@b.example,it@`:                                 `"ops": not an email address`,
	} {
		_, err := Load(context.Background(), complete(setting), NeedIntegration)
		name, _, _ := strings.Cut(setting, "=")
		if err == nil || !strings.HasPrefix(err.Error(), name+"=") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwants %s", setting, err, want)
		}
	}
	_, err := Load(context.Background(), complete(`INTEGRATION_CONTACTS=ops,a@b.example,it@`), NeedIntegration)
	if !strings.Contains(err.Error(), `"it@"`) {
		t.Errorf("the second bad contact is not named: %v", err)
	}
}

func TestEveryListTakesQuotes(t *testing.T) {
	s := load(t, complete(`DEFENDER_STREAMS="Proxy, Berlin", Global View`, `INTEGRATION_EXCLUDE_USERS="Doe, John*",/^x{1,2}$/,"/a\/,b/",*-test`,
		`INTEGRATION_CONTACTS="Doe, \"JD\" John" <john@contoso.com>, it@contoso.com`, `INTEGRATION_APP_THRESHOLDS="Yahoo!, Inc."=30d`), NeedIntegration)
	for what, pair := range map[string][2][]string{
		"streams":  {s.SyncPolicy().Streams, {"Proxy, Berlin", "Global View"}},
		"excluded": {s.SyncPolicy().ExcludeUsers, {"Doe, John*", "/^x{1,2}$/", `/a\/,b/`, "*-test"}},
		"contacts": {s.Integration.Contacts, {"john@contoso.com", "it@contoso.com"}},
	} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if got := s.SyncPolicy().Threshold("YAHOO!, inc."); got != 30*saas.Day {
		t.Errorf("the threshold is %v", got)
	}
}

func TestAContactThatIsNamedTwiceIsOne(t *testing.T) {
	for given, want := range map[string][]string{
		"it@contoso.com,IT@CONTOSO.COM, it@contoso.com ":               {"it@contoso.com"},
		"IT Desk <it@contoso.com>,it@contoso.com":                      {"it@contoso.com"},
		"it@bücher.example,IT@xn--bcher-kva.example":                   {"it@bücher.example"},
		"it@contoso.com\u200b,it@contoso.com":                          {"it@contoso.com"},
		"it@contoso.com,ops@contoso.com,\"Desk, IT\" <IT@contoso.com>": {"it@contoso.com", "ops@contoso.com"},
	} {
		s := load(t, complete("INTEGRATION_CONTACTS="+given), NeedIntegration)
		if !slices.Equal(s.Integration.Contacts, want) || fmt.Sprint(s.WatchSettings().Contacts) != fmt.Sprint(want) {
			t.Errorf("%s: %q", given, s.Integration.Contacts)
		}
	}
}
