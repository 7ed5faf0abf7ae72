package usersync_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

// ada is a person as the rules make one of a row.
func ada(role int) map[string]saas.Person {
	return map[string]saas.Person{"ada.lovelace@contoso.com": {
		Username: "ada.lovelace@contoso.com", Email: "ada.lovelace@contoso.com", FirstName: "Ada", LastName: "Lovelace", Role: role, Restricted: true,
	}}
}

// resolve finds or creates people as the pages of a session do.
func (w *worker) resolve(ctx context.Context, people map[string]saas.Person) (map[string]usersync.Found, error) {
	found, _, err := w.engine.ResolvePeople(ctx, "session-1", people)
	return found, err
}

// existing makes a person in Oomnitza as somebody else would.
func (r *rig) existing(p saas.Person) string {
	r.t.Helper()
	p.Role = 25
	made, err := r.Clients.Oomnitza.CreatePerson(r.t.Context(), p)
	if err != nil {
		r.t.Fatal(err)
	}
	return made.ID
}

func TestPeopleAreFoundByUsernameThenByEmailWhateverTheCase(t *testing.T) {
	for name, there := range map[string]saas.Person{
		"by username":                 {Username: "ada.lovelace@contoso.com", Email: "other@contoso.com"},
		"by email":                    {Username: "alovelace", Email: "ada.lovelace@contoso.com"},
		"by username in another case": {Username: "Ada.Lovelace@Contoso.com"},
		"by email in another case":    {Username: "alovelace", Email: "ADA.LOVELACE@contoso.com"},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			id := r.existing(there)
			before := r.Counts()
			for range 2 { // the second time from memory
				got, err := r.resolve(t.Context(), ada(25))
				if err != nil || got["ada.lovelace@contoso.com"].ID != id || got["ada.lovelace@contoso.com"].Created {
					t.Errorf("found %+v, %v; it is %s", got, err, id)
				}
			}
			if r.Counts() != before {
				t.Error("something was written")
			}
		})
	}
}

func TestAUsernameGoesBeforeAnEmail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.existing(saas.Person{Username: "alovelace", Email: "ada.lovelace@contoso.com"})
		id := r.existing(saas.Person{Username: "ada.lovelace@contoso.com"})
		if got, err := r.resolve(t.Context(), ada(25)); err != nil || got["ada.lovelace@contoso.com"].ID != id {
			t.Errorf("found %+v, %v; it is %s", got, err, id)
		}
	})
}

func TestConcurrentPagesCreateAPersonOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		var pages sync.WaitGroup
		var created atomic.Int64
		for range 12 {
			pages.Go(func() {
				got, err := r.resolve(t.Context(), ada(25))
				if err != nil || got["ada.lovelace@contoso.com"].ID == "" {
					t.Errorf("%+v, %v", got, err)
				}
				if got["ada.lovelace@contoso.com"].Created {
					created.Add(1)
				}
			})
		}
		pages.Wait()
		if n := r.Counts().PeopleCreated; n != 1 || created.Load() != 1 {
			t.Errorf("%d were created, %d pages claim it", n, created.Load())
		}
		p := r.Holdings().People["ada.lovelace@contoso.com"]
		if p.Role != 25 || !p.Suspended || p.FirstName != "Ada" || p.LastName != "Lovelace" || p.CreatedBy != r.Options().TokenUser {
			t.Errorf("the person is %+v", p)
		}
		r.CheckContract()
	})
}

func TestAfterALostAnswerOnCreateItIsLookedUpFirst(t *testing.T) {
	for name, done := range map[string]bool{"the person was created": true, "nothing was done": false} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			var creates, lookups atomic.Int64
			r.OomnitzaDoor.Post(func(_ http.ResponseWriter, req *http.Request) bool {
				if req.Method != http.MethodPost {
					if creates.Load() == 1 {
						lookups.Add(1)
					}
					return false
				}
				if creates.Add(1) > 1 {
					if lookups.Load() == 0 {
						t.Error("it was created again without a look")
					}
					return false
				}
				if done {
					r.Oomnitza().ServeHTTP(httptest.NewRecorder(), req) // whose answer is lost
				}
				panic(http.ErrAbortHandler)
			})
			got, err := r.resolve(t.Context(), ada(25))
			if p := got["ada.lovelace@contoso.com"]; err != nil || p.ID == "" || !p.Created {
				t.Fatalf("%+v, %v", p, err)
			}
			if n := r.Counts(); n.PeopleCreated != 1 || n.Conflicts != 0 {
				t.Errorf("Oomnitza saw %+v", n)
			}
			r.CheckContract()
		})
	}
}

// TestAfterALostAnswerOnCreateAPersonIsFoundAsStored: a tenant that escapes names takes
// the same name twice.
func TestAfterALostAnswerOnCreateAPersonIsFoundAsStored(t *testing.T) {
	inBubble(t, "escaped", func(t *testing.T) {
		o := small()
		o.Variants.Unkind.People = simulator.PeopleSwitches{Stores: "escaped", StoresBlindly: true}
		r := newRig(t, o)
		lost := false
		r.OomnitzaDoor.Post(func(_ http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodPost || lost {
				return false
			}
			lost = true
			r.Oomnitza().ServeHTTP(httptest.NewRecorder(), req)
			panic(http.ErrAbortHandler)
		})
		p := saas.Person{Username: "chen_o'brien@contoso.com", Email: "chen_o'brien@contoso.com", Role: 25}
		got, err := r.resolve(t.Context(), map[string]saas.Person{p.Username: p})
		if who := got[p.Username]; err != nil || who.ID == "" || !who.Created {
			t.Fatalf("%+v, %v", who, err)
		}
		if n := r.Counts().PeopleCreated; !lost || n != 1 {
			t.Errorf("%d were created, and an answer was lost: %v", n, lost)
		}
	})
}

func TestAUsernameThatIsTakenIsFoundInItsSpelling(t *testing.T) {
	o := small()
	o.Variants.CaseMatters = true
	for _, spelling := range []string{"Ada.Lovelace@Contoso.Com", "ADA.LOVELACE@CONTOSO.COM", "adA.LoveLace@contoso.com"} {
		inBubble(t, spelling, func(t *testing.T) {
			r := newRig(t, o)
			id := r.existing(saas.Person{Username: spelling})
			got, err := r.resolve(t.Context(), ada(25))
			if p := got["ada.lovelace@contoso.com"]; err != nil || p.ID != id || p.Created {
				t.Errorf("%+v, %v; it is %s", p, err, id)
			}
		})
	}
}

func TestARefusedPersonIsThisPersonsFaultAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodPost {
				return false
			}
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"errors":["first_name is too odd"]}`)
			return true
		})
		got, err := r.resolve(t.Context(), ada(25))
		if p := got["ada.lovelace@contoso.com"]; err != nil || p.ID != "" || !strings.Contains(p.Says(), "too odd") {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestTheRoleIsBlamedWhenTheNextPersonIsRefusedLikewise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		got, err := r.resolve(t.Context(), ada(99))
		if p := got["ada.lovelace@contoso.com"]; err != nil || p.ID != "" || !strings.Contains(p.Says(), "role 99") {
			t.Errorf("one person: %+v, %v", p, err)
		}
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		in.Policy.DefaultRole = 99
		_, err = r.try(&attempt{}, in)
		if kind := httpx.KindOf(err); kind != httpx.KindConfig || !strings.Contains(err.Error(), "INTEGRATION_DEFAULT_ROLE is 99") {
			t.Errorf("the activity ended with %v", err)
		}
	})
}

func TestATenantThatIsOutIsNobodysFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		r.usage(p, 0) // records of ours are there
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			return req.Method != http.MethodGet && sandbox.AnswerDown(w, req)
		})
		r.worker = r.newWorker() // which knows of no write
		if _, err := r.resolve(t.Context(), ada(25)); httpx.KindOf(err) != httpx.KindServer {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestExistingPeopleAreNotTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.ExistingPeople = 0.5
		r := newRig(t, o)
		before := r.Holdings().People
		p := r.open(contract.Carry{})
		r.carryOver(r.usage(p, 0))
		after := r.Holdings().People
		for name, person := range before {
			if after[name] != person {
				t.Errorf("%s became %+v", name, after[name])
			}
		}
		if r.Counts().PeoplePatched > 0 || len(after) == len(before) {
			t.Errorf("%d people before, %d after", len(before), len(after))
		}
		sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
	})
}
