package query

import (
	"errors"
	"reflect"
	"testing"

	"defendersync/internal/testing/simulator"
)

// optionsOf are the options that a validation complains of, in its order.
func optionsOf(t *testing.T, err error) (names []string) {
	t.Helper()
	if err == nil {
		return nil
	}
	all, ok := errors.AsType[OptionErrors](err)
	if !ok || len(all) == 0 {
		t.Fatalf("got %T %v, want OptionErrors", err, err)
	}
	for _, one := range all {
		names = append(names, one.Option)
	}
	return names
}

func TestValidationFindsEverythingThatIsWrongAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		question interface{ Validate() error }
		want     []string
	}{
		"all apps":                 {AppsOptions{}, nil},
		"apps with every filter":   {AppsOptions{CreatedBy: Anyone, ActiveFrom: "auto", MinActiveUsers: 1, Sanctioned: true, Sort: "risk:asc, name", Top: 1}, nil},
		"apps that can't be":       {AppsOptions{Sort: "size,name:up,active", ActiveFrom: "x", Sanctioned: true, Unsanctioned: true, Top: -1, MinActiveUsers: -1}, []string{"sort", "sort", "active-from", "sanctioned", "top", "min-active-users"}},
		"an order with a gap":      {AppsOptions{Sort: "name,"}, []string{"sort"}},
		"all websites":             {WebsitesOptions{}, nil},
		"websites that can't be":   {WebsitesOptions{Sort: "risk", ActiveFrom: "x", Top: -1, MinActiveUsers: -1}, []string{"sort", "active-from", "top", "min-active-users"}},
		"all users":                {UsersOptions{AllApps: true, Live: true}, nil},
		"one app's users":          {UsersOptions{App: "a", Inactive: true, Sort: "name:desc"}, nil},
		"nobody's users":           {UsersOptions{App: " "}, []string{"app"}},
		"users that can't be":      {UsersOptions{App: "a", AllApps: true, Active: true, Inactive: true, Sort: "risk"}, []string{"sort", "app", "active"}},
		"import files":             {ImportOptions{UsersOptions: UsersOptions{AllApps: true}, DateFormat: "yyyy-mm-dd"}, nil},
		"import files as usual":    {ImportOptions{UsersOptions: UsersOptions{AllApps: true}}, nil},
		"import files of nobody":   {ImportOptions{}, []string{"app"}},
		"import files that cannot": {ImportOptions{UsersOptions: UsersOptions{Sort: "risk"}, DateFormat: "DMY"}, []string{"sort", "app", "date-format"}},
	} {
		if got := optionsOf(t, c.question.Validate()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: wrong are %v, want %v", name, got, c.want)
		}
	}
}

func TestQuestionsSayWhetherTheyReadDefender(t *testing.T) {
	for name, c := range map[string]struct {
		question Question
		needs    string
		reads    bool
	}{
		"apps":                             {AppsOptions{}, "", false},
		"apps with users":                  {AppsOptions{WithUsers: true, Sort: "last-activity"}, "", false},
		"apps with risk":                   {AppsOptions{WithRisk: true}, "", true},
		"sanctioned apps":                  {AppsOptions{Sanctioned: true}, "sanctioned", true},
		"unsanctioned apps":                {AppsOptions{Unsanctioned: true, Sort: "tag"}, "unsanctioned", true},
		"apps by risk":                     {AppsOptions{Sort: "name,risk:desc"}, "sort risk", true},
		"apps by tag":                      {AppsOptions{Sort: "tag"}, "sort tag", true},
		"apps by last seen":                {AppsOptions{Sort: "last-seen"}, "sort last-seen", true},
		"apps by domain":                   {AppsOptions{Domains: true, Suffix: "cn"}, "", true},
		"apps by a part of a domain":       {AppsOptions{Domains: true, WebsiteContains: "cn"}, "", true},
		"apps by the field Website":        {AppsOptions{Suffix: "cn"}, "", false},
		"apps with domains of no websites": {AppsOptions{Domains: true}, "", false},
		"websites":                         {WebsitesOptions{Domains: true}, "", false},
		"websites of anyone's records":     {WebsitesOptions{Domains: true, CreatedBy: Anyone}, "", true},
		"websites of the field Website":    {WebsitesOptions{CreatedBy: Anyone}, "", false},
		"websites by domain":               {WebsitesOptions{Domains: true, Suffix: "cn"}, "", true},
		"users":                            {UsersOptions{AllApps: true}, "", false},
		"users, live":                      {UsersOptions{App: "a", Live: true}, "live", true},
	} {
		if got := c.question.NeedsDefender(); got != c.needs {
			t.Errorf("%s: %q needs Defender, want %q", name, got, c.needs)
		}
		if got := c.question.ReadsDefender(); got != c.reads {
			t.Errorf("%s: reads Defender: %v, want %v", name, got, c.reads)
		}
		needs, refused := errors.AsType[*NeedsDefenderError](checkOptions(c.question, Source{}))
		if refused != (c.needs != "") || refused && needs.Option != c.needs {
			t.Errorf("%s without Defender: %v", name, needs)
		}
	}
}

func TestTheColumnsOfAnAnswerAreKnownBeforeIt(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 3, People: 5, Pairs: 9})
	for _, q := range []Question{
		AppsOptions{}, AppsOptions{WithUsers: true}, AppsOptions{WithRisk: true}, AppsOptions{Sort: "users"}, AppsOptions{Sort: "tag"},
		AppsOptions{Unsanctioned: true}, AppsOptions{Domains: true, Suffix: "cn", WithRisk: true, Sort: "name", Top: 3, MinActiveUsers: 1}, AppsOptions{Domains: true},
		WebsitesOptions{}, UsersOptions{AllApps: true}, UsersOptions{App: "a"}, UsersOptions{App: "a", Live: true},
	} {
		heading, _, err := q.Answer(t.Context(), r.Source)
		names := map[string]bool{}
		for _, f := range heading.About {
			if names[f.Name] || f.Value == "" {
				t.Errorf("%+v: fact %q is there twice or empty", q, f.Name)
			}
			names[f.Name] = true
		}
		if err != nil || !reflect.DeepEqual(heading.Columns, q.Columns()) || len(heading.Columns) < 5 {
			t.Errorf("%+v: %v, columns %v, foretold %v", q, err, heading.Columns, q.Columns())
		}
	}
	if n := len(r.asked()); n != 0 {
		t.Errorf("tenants were asked for columns: %v", r.asked())
	}
}

func TestAnInvalidQuestionIsKnownAsSuch(t *testing.T) {
	for _, err := range []error{
		AppsOptions{Top: -1}.Validate(), &OptionError{"top", "", "x"}, &UnknownAppError{Name: "x"}, &NeedsDefenderError{"live"},
	} {
		if !IsInvalid(err) || err.Error() == "" {
			t.Errorf("%v is not known", err)
		}
	}
	for _, err := range []error{nil, errors.New("Oomnitza is out")} {
		if IsInvalid(err) {
			t.Errorf("%v is taken for the question's", err)
		}
	}
	both := OptionErrors{{"top", "-1", "the number of rows is 1 or more"}, {"app", "", "name an app"}}
	if got, want := both.Error(), `top "-1": the number of rows is 1 or more; app: name an app`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
