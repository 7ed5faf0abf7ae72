package usersync

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

// resolverTo makes a resolver of people in a target.
func resolverTo(to Target) *resolver {
	return &resolver{Engine: New(nil, to, Options{}), target: to, known: newPeopleMemory(100), notes: notebook.New(nil), waiting: func(string) {}}
}

func TestACreationThatFailsIsTriedAgainAfterGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &scripted{}
		to.create = func(context.Context, saas.Person) (saas.Person, error) {
			if to.created <= 3 {
				return saas.Person{}, &httpx.Error{Kind: httpx.KindServer}
			}
			return saas.Person{ID: "1"}, nil
		}
		began := time.Now()
		got, err := resolverTo(to).createPerson(t.Context(), "ada", saas.Person{Username: "ada"})
		if took := time.Since(began); err != nil || got.id != "1" || !got.isNew || took != (1+2+4)*time.Second/4 {
			t.Errorf("%+v, %v after %s", got, err, took)
		}
	})
}

func TestADenialIsSomebodysFaultOnlyWhileOthersAreTaken(t *testing.T) {
	out := &httpx.Error{Kind: httpx.KindUnauthorized, Message: "the token has expired"}
	for name, tc := range map[string]struct {
		kind   httpx.Kind
		outage error
	}{
		"403, others are taken": {httpx.KindUnauthorized, nil},
		"403, nobody is taken":  {httpx.KindUnauthorized, out},
		"404, others are taken": {httpx.KindNotFound, nil},
		"404, nobody is taken":  {httpx.KindNotFound, out},
	} {
		to := &scripted{outage: tc.outage, create: func(context.Context, saas.Person) (saas.Person, error) {
			return saas.Person{}, &httpx.Error{Kind: tc.kind}
		}}
		got, err := resolverTo(to).createPerson(t.Context(), "ada", saas.Person{Username: "ada"})
		if (got.refusal != nil) != (tc.outage == nil) || (err != nil) != (tc.outage != nil) || tc.outage != nil && err != tc.outage || to.doubts != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWhoIsCreatedIsKnownUnderEverySpelling(t *testing.T) {
	to := &scripted{create: func(context.Context, saas.Person) (saas.Person, error) { return saas.Person{ID: "1"}, nil }}
	r := resolverTo(to)
	for i, key := range []string{"ada\x00ada@contoso.com", "ada\x00CONTOSO\\ada"} {
		v := &visit{key: key, person: &saas.Person{Username: "Ada"}}
		if err := r.createOnce(t.Context(), v); err != nil || v.id != "1" || v.created != (i == 0) || r.known.getText(key) != "1" {
			t.Errorf("%q: %+v, %v", key, v, err)
		}
	}
	if r.known.getText("ada") != "1" || to.created != 1 {
		t.Errorf("created %d times, known as %q", to.created, r.known.getText("ada"))
	}
}

func TestAPageGoesOnWithAPersonWhomAPageThatEndedWasCreating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended, end := context.WithCancel(t.Context())
		to := &scripted{}
		to.create = func(ctx context.Context, _ saas.Person) (saas.Person, error) {
			if to.created == 1 {
				<-ctx.Done()
				return saas.Person{}, ctx.Err()
			}
			return saas.Person{ID: "1"}, nil
		}
		r := resolverTo(to)
		first, second := &visit{key: "ada", person: &saas.Person{Username: "ada"}}, &visit{key: "ada", person: &saas.Person{Username: "ada"}}
		go func() { _ = r.createOnce(ended, first) }()
		synctest.Wait()
		done := make(chan error)
		go func() { done <- r.createOnce(t.Context(), second) }()
		synctest.Wait()
		end()
		if err := <-done; err != nil || second.id != "1" || !second.created || first.id != "" {
			t.Errorf("%+v, %v; the page that ended has %q", second, err, first.id)
		}
	})
}
