package activities

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// ada is a person as the rules make one of a row.
func ada(role int) map[string]saas.Person {
	return map[string]saas.Person{"ada.lovelace@contoso.com": {
		Username: "ada.lovelace@contoso.com", Email: "ada.lovelace@contoso.com", FirstName: "Ada", LastName: "Lovelace", Role: role, Restricted: true,
	}}
}

// resolve finds or creates people as the pages of a session do.
func (r *rig) resolve(ctx context.Context, people map[string]saas.Person) (map[string]resolved, error) {
	return resolverOf(r.Activities, "session-1").resolve(ctx, people)
}

// resolverOf finds and creates people for a session.
func resolverOf(a *Activities, session string) *resolver {
	return &resolver{a: a, known: a.people.of(session, 1000), notes: newNotebook(nil), waiting: func(string) {}}
}

// existing makes a person in Oomnitza as somebody else would.
func (r *rig) existing(p saas.Person) string {
	r.t.Helper()
	p.Role = 25
	made, err := r.oomnitza.CreatePerson(r.t.Context(), p)
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
		t.Run(name, func(t *testing.T) {
			r := newRig(t, small())
			id := r.existing(there)
			before := r.sim.Counts()
			for range 2 { // the second time from memory
				got, err := r.resolve(t.Context(), ada(25))
				if err != nil || got["ada.lovelace@contoso.com"].id != id || got["ada.lovelace@contoso.com"].created {
					t.Errorf("found %+v, %v; it is %s", got, err, id)
				}
			}
			if r.sim.Counts() != before {
				t.Error("something was written")
			}
		})
	}
}

func TestAUsernameGoesBeforeAnEmail(t *testing.T) {
	r := newRig(t, small())
	r.existing(saas.Person{Username: "alovelace", Email: "ada.lovelace@contoso.com"})
	id := r.existing(saas.Person{Username: "ada.lovelace@contoso.com"})
	if got, err := r.resolve(t.Context(), ada(25)); err != nil || got["ada.lovelace@contoso.com"].id != id {
		t.Errorf("found %+v, %v; it is %s", got, err, id)
	}
}

func TestConcurrentPagesCreateAPersonOnce(t *testing.T) {
	r := newRig(t, small())
	var pages sync.WaitGroup
	var created atomic.Int64
	for range 12 {
		pages.Go(func() {
			got, err := r.resolve(t.Context(), ada(25))
			if err != nil || got["ada.lovelace@contoso.com"].id == "" {
				t.Errorf("%+v, %v", got, err)
			}
			if got["ada.lovelace@contoso.com"].created {
				created.Add(1)
			}
		})
	}
	pages.Wait()
	if n := r.sim.Counts().PeopleCreated; n != 1 || created.Load() != 1 {
		t.Errorf("%d were created, %d pages claim it", n, created.Load())
	}
	p := r.sim.Holdings().People["ada.lovelace@contoso.com"]
	if p.Role != 25 || !p.Suspended || p.FirstName != "Ada" || p.LastName != "Lovelace" || p.CreatedBy != r.sim.Options().TokenUser {
		t.Errorf("the person is %+v", p)
	}
	r.clean()
}

func TestAfterALostAnswerOnCreateItIsLookedUpFirst(t *testing.T) {
	for name, done := range map[string]bool{"the person was created": true, "nothing was done": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, small())
			var creates, lookups atomic.Int64
			r.oomnitzaAt.set(func(_ http.ResponseWriter, req *http.Request) bool {
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
					r.sim.Oomnitza().ServeHTTP(deaf{}, req)
				}
				panic(http.ErrAbortHandler)
			})
			got, err := r.resolve(t.Context(), ada(25))
			if p := got["ada.lovelace@contoso.com"]; err != nil || p.id == "" || !p.created {
				t.Fatalf("%+v, %v", p, err)
			}
			if n := r.sim.Counts(); n.PeopleCreated != 1 || n.Conflicts != 0 {
				t.Errorf("Oomnitza saw %+v", n)
			}
			r.clean()
		})
	}
}

func TestAUsernameThatIsTakenIsFoundInItsSpelling(t *testing.T) {
	o := small()
	o.Variants.CaseMatters = true
	for _, spelling := range []string{"Ada.Lovelace@Contoso.Com", "ADA.LOVELACE@CONTOSO.COM", "adA.LoveLace@contoso.com"} {
		t.Run(spelling, func(t *testing.T) {
			r := newRig(t, o)
			id := r.existing(saas.Person{Username: spelling})
			got, err := r.resolve(t.Context(), ada(25))
			if p := got["ada.lovelace@contoso.com"]; err != nil || p.id != id || p.created {
				t.Errorf("%+v, %v; it is %s", p, err, id)
			}
		})
	}
}

func TestARefusedPersonIsThisPersonsFaultAlone(t *testing.T) {
	r := newRig(t, small())
	r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"errors":["first_name is too odd"]}`)
		return true
	})
	got, err := r.resolve(t.Context(), ada(25))
	if p := got["ada.lovelace@contoso.com"]; err != nil || p.id != "" || !strings.Contains(message(p.err), "too odd") {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTheRoleIsBlamedWhenTheNextPersonIsRefusedLikewise(t *testing.T) {
	r := newRig(t, small())
	got, err := r.resolve(t.Context(), ada(99))
	if p := got["ada.lovelace@contoso.com"]; err != nil || p.id != "" || !strings.Contains(message(p.err), "role 99") {
		t.Errorf("one person: %+v, %v", p, err)
	}
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	in.Policy.DefaultRole = 99
	_, err = try[contract.SyncUsageResult](r, &attempt{}, contract.ActivitySyncUsage, in)
	if kind, again := kindOf(t, err); kind != httpx.KindConfig || again || !strings.Contains(err.Error(), "INTEGRATION_DEFAULT_ROLE is 99") {
		t.Errorf("the activity ended with %v", err)
	}
}

func TestATenantThatIsOutIsNobodysFault(t *testing.T) {
	r := newRig(t, small())
	p := r.open(contract.Carry{})
	r.usage(p, 0) // records of ours are there
	r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
		return req.Method != http.MethodGet && down(w, req)
	})
	r.Activities = r.worker() // which knows of no write
	if _, err := r.resolve(t.Context(), ada(25)); httpx.KindOf(err) != httpx.KindServer {
		t.Errorf("it ended with %v", err)
	}
}

func TestTheDirectoryForgetsTheOldestHalfAndWhatIsStale(t *testing.T) {
	d := newDirectory(4)
	for _, key := range []string{"a", "b", "c", "d"} {
		d.put(key, "id-"+key)
	}
	if d.get("a") != "id-a" || d.get("d") != "id-d" {
		t.Error("what fits is forgotten")
	}
	d.put("e", "id-e")
	d.put("f", "id-f")
	d.put("g", "id-g")
	if d.get("b") != "" || d.get("g") != "id-g" {
		t.Errorf("b is %q, g is %q", d.get("b"), d.get("g"))
	}
	if n := len(d.young) + len(d.old); n > 4 {
		t.Errorf("%d are kept, 4 may be", n)
	}
	d.forget("g")
	if d.get("g") != "" {
		t.Error("a stale id is still there")
	}
}

func TestExistingPeopleAreNotTouched(t *testing.T) {
	o := small()
	o.ExistingPeople = 0.5
	r := newRig(t, o)
	before := r.sim.Holdings().People
	p := r.open(contract.Carry{})
	must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
	after := r.sim.Holdings().People
	for name, person := range before {
		if after[name] != person {
			t.Errorf("%s became %+v", name, after[name])
		}
	}
	if r.sim.Counts().PeoplePatched > 0 || len(after) == len(before) {
		t.Errorf("%d people before, %d after", len(before), len(after))
	}
	same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
}

// deaf takes an answer that nobody reads.
type deaf struct{}

func (deaf) Header() http.Header         { return http.Header{} }
func (deaf) Write(b []byte) (int, error) { return len(b), nil }
func (deaf) WriteHeader(int)             {}
