package activities

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestARefusalIsJudgedByTheFieldThatItNames(t *testing.T) {
	carole := saas.Person{Username: "carole.gupta@contoso.com", Email: "carole.gupta@contoso.com", FirstName: "Carole", LastName: "Gupta"}
	for says, want := range map[string]struct{ role, names bool }{
		"role: there is no role 99": {role: true},
		"Unknown role":              {role: true},
		"The role_id is not valid":  {role: true},
		"Role 99 does not exist.":   {role: true},
		"carole.gupta@contoso.com: the email domain is not allowed":         {},
		"the domain of carole@role-models.com is not allowed":               {},
		"role-models.com is not an allowed domain":                          {},
		"domain role is not allowed":                                        {},
		"the controller did not answer":                                     {},
		"the enrolement has ended":                                          {},
		"username: 'role' is reserved":                                      {},
		"":                                                                  {},
		"last_name: this field is required":                                 {names: true},
		"First name may not be blank":                                       {names: true},
		"surname is missing":                                                {names: true},
		"first_name: [\"This field is required for every role\"]":           {names: true},
		"no licence is left":                                                {},
		"The firsthand report of the lastingness of things can't be stored": {},
	} {
		err := &httpx.Error{Peer: "Oomnitza", Kind: httpx.KindRefused, Status: 400, Message: says}
		if got := speaksOfRole(err, carole); got != want.role {
			t.Errorf("%q speaks of the role: %v", says, got)
		}
		if got := asksForNames(err); got != want.names {
			t.Errorf("%q asks for names: %v", says, got)
		}
	}
	named := carole
	named.LastName = "Role"
	if speaksOfRole(&httpx.Error{Message: "Carole Role can't be stored"}, named) {
		t.Error("somebody's name is taken for the role")
	}
	if err := errors.New("role"); speaksOfRole(err, carole) || asksForNames(err) {
		t.Error("an error that is not the tenant's is taken for its words")
	}
}

func TestMissingNamesAreMadeFromTheAccount(t *testing.T) {
	for account, want := range map[string][2]string{
		"jane.doe@contoso.com":   {"Jane", "Doe"},
		"jane.q.doe@contoso.com": {"Jane", "Doe"},
		"jdoe17@contoso.com":     {"Jdoe17", "Jdoe17"},
		"o'brien@contoso.com":    {"O'Brien", "O'Brien"},
		`CONTOSO\jane_doe`:       {"Jane", "Doe"},
		"--@contoso.com":         {"--@Contoso.Com", "--@Contoso.Com"},
	} {
		p := saas.Person{Username: account}
		if strings.Contains(account, "@") {
			p.Email = account
		}
		if first, last := namesOf(p); first != want[0] || last != want[1] {
			t.Errorf("%s: %q %q, want %q %q", account, first, last, want[0], want[1])
		}
	}
}

func TestNamesAreFilledInWhereOomnitzaRequiresThem(t *testing.T) {
	o := small()
	o.Variants.Unkind.People.NeedsNames = true
	r := newRig(t, o)
	p := r.open(contract.Carry{})
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
	same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
	if out.Rejects.Total() > 0 || len(out.Notes) != 1 || out.Notes[0] != NoteNamesRequired {
		t.Errorf("rejects %+v, notes %q", out.Rejects, out.Notes)
	}
	for name, who := range r.sim.Holdings().People {
		if who.CreatedBy == r.sim.Options().TokenUser && (who.FirstName == "" || who.LastName == "") {
			t.Errorf("%s is called %q %q", name, who.FirstName, who.LastName)
		}
	}
}

// guardCreates answers the creation of one person in the tenant's place, and
// counts how often it is asked for.
func (r *rig) guardCreates(username string, answer func(http.ResponseWriter)) func() int {
	var mu sync.Mutex
	n := 0
	r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost || req.URL.Path != "/api/v3/users" {
			return false
		}
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(strings.NewReader(string(body)))
		if !strings.Contains(string(body), `"`+username+`"`) {
			return false
		}
		mu.Lock()
		n++
		mu.Unlock()
		answer(w)
		return true
	})
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

// somebody is a user of Defender's whom Oomnitza does not have.
func (r *rig) somebody() string {
	r.t.Helper()
	known := r.sim.Holdings().People
	for app := range r.sim.Truth() {
		for _, u := range app.Users {
			if _, there := known[u.User]; !there {
				return u.User
			}
		}
	}
	r.t.Fatal("everybody is there already")
	return ""
}

func TestAPersonWhoKeepsFailingIsRejectedAndNobodyElse(t *testing.T) {
	web := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html><head><title>Sorry</title></head></html>")
		}
	}
	for name, answer := range map[string]func(http.ResponseWriter){
		"500":           web(http.StatusInternalServerError),
		"a web's 503":   web(http.StatusServiceUnavailable),
		"a web's 403":   web(http.StatusForbidden),
		"401":           web(http.StatusUnauthorized),
		"404":           web(http.StatusNotFound),
		"no answer":     func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"half of one":   func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"user_id": "1`) },
		"an odd answer": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"errors": ["a character can't be stored"]}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// One app with one page, so that nothing else is left to do.
			r := newRig(t, simulator.Options{Apps: 1, People: 60, Pairs: 60})
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			who := r.somebody()
			asked := r.guardCreates(who, answer)
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
			due := truth(r.sim, p.Streams[0].ID)
			for key := range due {
				if key.user == strings.ToLower(who) {
					delete(due, key)
				}
			}
			same(t, due, held(t, r.sim))
			if n := out.Rejects; n.Total() != 1 || n.Samples[0].Subject != who || n.Samples[0].Reason != "person refused by Oomnitza" || out.Counts.People.Rejected != 1 {
				t.Errorf("rejects %+v, counts %+v", n, out.Counts)
			}
			if n := asked(); n == 0 || n > 40 {
				t.Errorf("the person was tried %d times", n)
			}
		})
	}
}

func TestAPersonWhoIsRefusedIsNotTriedAgainForEveryApp(t *testing.T) {
	r := newRig(t, small())
	who := "ada.lovelace@contoso.com"
	asked := r.guardCreates(who, func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadRequest) })
	for range 3 {
		got, err := r.resolve(t.Context(), ada(25))
		if err != nil || got[who].err == nil {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if n := asked(); n != 1 {
		t.Errorf("the person was tried %d times in one session", n)
	}
	got, err := resolverOf(r.Activities, "session-2").resolve(t.Context(), ada(25))
	if n := asked(); err != nil || got[who].err == nil || n != 2 {
		t.Errorf("in the next session: %+v, %v, tried %d times in all", got, err, n)
	}
}

func TestAUsernameOfSomebodyDeletedIsToldWithWhatToDo(t *testing.T) {
	o := small()
	o.Variants.Unkind.People.Ghosts = 1
	r := newRig(t, o)
	who := r.somebody()
	want := map[string]saas.Person{who: {Username: who, Email: who, Role: 25}}
	got, err := r.resolve(t.Context(), want)
	if p := got[who]; err != nil || p.id != "" || p.err == nil || !strings.Contains(message(p.err), "restore them") {
		t.Errorf("%+v, %v", p, err)
	}
}
