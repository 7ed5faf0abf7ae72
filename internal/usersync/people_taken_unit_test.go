package usersync

import (
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

func TestWhoeverHasATakenNameIsLookedForWithPatience(t *testing.T) {
	ada := saas.Person{Username: "ada@contoso.com"}
	holder := []saas.Person{{ID: "7", Username: "ADA@contoso.com"}}
	plain := []saas.Person{{ID: "8", Username: "ad&#97;@contoso.com"}}
	gone := []saas.Person{{ID: "9", Username: "ada@contoso.com", Deleted: true}}
	other := []saas.Person{{ID: "1", Username: "bob@contoso.com"}}
	for name, tc := range map[string]struct {
		to      scripted
		lost    bool // an answer to their creation was
		futile  int  // waits of the session that came to nothing
		want    created
		refused bool
		lookUps int
		took    time.Duration
	}{
		"found at once":                       {to: scripted{people: holder}, want: created{id: "7"}, lookUps: 1},
		"found at once, and made by us":       {to: scripted{people: holder}, lost: true, want: created{id: "7", isNew: true}, lookUps: 1},
		"found late":                          {to: scripted{people: holder, late: 2}, want: created{id: "7"}, lookUps: 3, took: 750 * time.Millisecond},
		"found the last time":                 {to: scripted{people: holder, late: briefTries}, want: created{id: "7"}, lookUps: briefTries + 1, took: 7750 * time.Millisecond},
		"stored in another form":              {to: scripted{like: append(other, plain...)}, want: created{id: "8"}, lookUps: 1},
		"deleted":                             {to: scripted{people: gone}, refused: true, lookUps: 1},
		"deleted, in another form":            {to: scripted{like: gone}, refused: true, lookUps: 1},
		"found among all":                     {to: scripted{everybody: holder}, want: created{id: "7"}, lookUps: briefTries + 1, took: 7750 * time.Millisecond},
		"found nowhere":                       {to: scripted{everybody: other}, refused: true, lookUps: briefTries + 1, took: 7750 * time.Millisecond},
		"found nowhere, as others before":     {to: scripted{}, futile: maxFutile, refused: true, lookUps: 1},
		"found among all, as others before":   {to: scripted{everybody: holder}, futile: maxFutile, want: created{id: "7"}, lookUps: 1},
		"nearly as often in vain, found late": {to: scripted{people: holder, late: 1}, futile: maxFutile - 1, want: created{id: "7"}, lookUps: 2, took: 250 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &tc.to
				c := &creation{resolver: resolverTo(to), key: "ada@contoso.com", person: ada, lost: tc.lost}
				for range tc.futile {
					c.known.noteWaitedInVain()
				}
				began := time.Now()
				got, err := c.findHolder(t.Context(), &httpx.Error{Kind: httpx.KindConflict, Message: "taken"})
				if refused := got.refusal != nil; err != nil || got.id != tc.want.id || got.isNew != tc.want.isNew || refused != tc.refused {
					t.Errorf("%+v, %v", got, err)
				}
				if took := time.Since(began); to.lookUps != tc.lookUps || to.likes > 1 || took != tc.took {
					t.Errorf("%d look-ups and %d for names alike, in %s", to.lookUps, to.likes, took)
				}
			})
		})
	}
}
