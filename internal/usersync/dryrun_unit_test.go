package usersync

import (
	"errors"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"defendersync/internal/saas"
)

func TestADryRunAsksTheTenantForNobodyWhomItWouldCreate(t *testing.T) {
	held := saas.Standing{Assigned: true, Exact: true, Last: day(3)}
	ada := saas.ImaginaryID("ada")
	for name, tc := range map[string]struct {
		people []string
		outage error
		asked  []string
		want   map[string]saas.Standing
	}{
		"only people to be created":      {[]string{ada}, errors.New("it was asked"), nil, map[string]saas.Standing{ada: {Exact: true}}},
		"only people who are there":      {[]string{"1"}, nil, []string{"1"}, map[string]saas.Standing{"1": held}},
		"some of both":                   {[]string{"1", ada}, nil, []string{"1"}, map[string]saas.Standing{"1": held, ada: {Exact: true}}},
		"somebody who can't be told now": {[]string{"1"}, errors.New("out of order"), []string{"1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			to := &scripted{standings: map[string]saas.Standing{"1": held}, outage: tc.outage}
			dry := (&rehearsal{}).wrapTarget("run", to, nil)
			got, err := dry.Standings(t.Context(), "7", "2", tc.people)
			if fails := tc.want == nil; (err != nil) != fails || !fails && !maps.Equal(got, tc.want) || !slices.Equal(to.surveyed, tc.asked) {
				t.Errorf("%v, %v; asked for were %v", got, err, to.surveyed)
			}
		})
	}
}

func TestADryRunFindsWhomItWouldCreate(t *testing.T) {
	made := []saas.Person{
		{Username: "Ada@contoso.com", Email: "ada@contoso.com"},
		{Username: "gbyron", Email: "George.Byron@contoso.com"},
		{Username: "bare"},
	}
	ada := saas.Person{ID: saas.ImaginaryID("ada@contoso.com"), Username: "ada@contoso.com", Email: "ada@contoso.com"}
	byron := saas.Person{ID: saas.ImaginaryID("gbyron"), Username: "gbyron", Email: "George.Byron@contoso.com"}
	bare := saas.Person{ID: saas.ImaginaryID("bare"), Username: "bare"}
	there := saas.Person{ID: "1", Username: "there"}
	for name, tc := range map[string]struct {
		asked  []string
		outage error
		want   []saas.Person
	}{
		"by the username":                    {[]string{"ADA@contoso.com"}, nil, []saas.Person{there, ada}},
		"by the address":                     {[]string{"george.byron@contoso.com"}, nil, []saas.Person{there, byron}},
		"by both, once":                      {[]string{"gbyron", "george.byron@contoso.com"}, nil, []saas.Person{there, byron}},
		"who have no address":                {[]string{"bare"}, nil, []saas.Person{there, bare}},
		"and nobody else":                    {[]string{"somebody", ""}, nil, []saas.Person{there}},
		"and nobody while the tenant is out": {[]string{"bare"}, errors.New("out of order"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			dry := (&rehearsal{}).wrapTarget("run", &scripted{people: []saas.Person{there}, outage: tc.outage}, nil)
			for _, p := range made {
				got, err := dry.CreatePerson(t.Context(), p)
				if err != nil || !saas.IsImaginary(got.ID) || got.Username != p.Username {
					t.Errorf("created is %+v, %v", got, err)
				}
			}
			if got, _, err := dry.LookUpPeople(t.Context(), tc.asked); !slices.Equal(got, tc.want) || (err != nil) != (tc.outage != nil) {
				t.Errorf("found are %+v, %v", got, err)
			}
		})
	}
}

func TestADryRunShowsWhomItWouldAssignBesideThoseWhoAre(t *testing.T) {
	latest := time.Unix(math.MaxUint32, 0).UTC()
	times := map[string]struct{ sent, want time.Time }{
		"a": {day(3), day(3)},
		"b": {time.Time{}, time.Time{}},
		"c": {time.Unix(0, 0), time.Time{}},
		"d": {time.Unix(1, 0), time.Unix(1, 0).UTC()},
		"e": {time.Unix(-1, 0), time.Time{}},
		"f": {latest, latest},
		"g": {latest.Add(time.Second), time.Time{}},
	}
	enough := errors.New("enough")
	for name, tc := range map[string]struct {
		record  string
		outage  error // of the tenant
		refuses string
		listed  int
		want    error
	}{
		"of a record that is there":       {record: "7", listed: len(times) + 1},
		"of a record to be made":          {record: saas.ImaginaryID("app"), listed: len(times)},
		"while the tenant is out":         {record: "7", outage: enough, want: enough},
		"until who reads has seen enough": {record: "7", refuses: "d", want: enough},
	} {
		t.Run(name, func(t *testing.T) {
			dry := (&rehearsal{}).wrapTarget("run", &scripted{assigned: func(_ int, visit func(saas.Assigned) error) (bool, error) {
				if tc.outage != nil {
					return false, tc.outage
				}
				return true, visit(saas.Assigned{UserID: "there"})
			}}, nil)
			for id, at := range times {
				if bad, err := dry.Assign(t.Context(), tc.record, []saas.Assignment{{UserID: id, LastActivity: at.sent}}); err != nil || len(bad) > 0 {
					t.Fatal(bad, err)
				}
			}
			seen := map[string]time.Time{}
			_, err := dry.ReadAssigned(t.Context(), tc.record, func(a saas.Assigned) error {
				if a.UserID == tc.refuses {
					return enough
				}
				seen[a.UserID] = a.LastActivity
				return nil
			})
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) || tc.want == nil && len(seen) != tc.listed || tc.outage != nil && len(seen) > 0 {
				t.Errorf("%d are listed, error %v", len(seen), err)
			}
			for id, last := range seen {
				if want := times[id].want; !last.Equal(want) {
					t.Errorf("%s is listed at %s, not %s", id, last, want)
				}
			}
		})
	}
}
