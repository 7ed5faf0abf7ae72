package usersync

import (
	"errors"
	"maps"
	"slices"
	"testing"

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
