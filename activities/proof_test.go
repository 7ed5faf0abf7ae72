package activities

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/httpx"
)

// forbidden is the error of a write that was answered 403.
func forbidden(op string) error {
	return &httpx.Error{Peer: "Oomnitza", Op: op, Kind: httpx.KindUnauthorized, Status: http.StatusForbidden, Message: `a web page titled "Blocked"`}
}

// noWrites answers every write with a status.
func noWrites(status int) guard {
	return func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodGet {
			return false
		}
		w.WriteHeader(status)
		return true
	}
}

func TestAForbiddenWriteIsTheRowsFaultWhereAnotherWriteWorks(t *testing.T) {
	r := newRig(t, small())
	r.upsertAll(catalogue())
	another := r.worker() // which has written nothing so far, and finds a record to try
	for range 5 {
		if err := another.blameOomnitza(t.Context(), forbidden("create a SaaS record")); err != nil {
			t.Fatal(err)
		}
	}
	r.clean()
}

func TestATokenThatMayOnlyReadIsTheTenantsFaultAlthoughReadsWork(t *testing.T) {
	r := newRig(t, small())
	r.upsertAll(catalogue())
	another := r.worker()
	for _, status := range []int{http.StatusForbidden, http.StatusUnauthorized} {
		r.oomnitzaAt.set(noWrites(status))
		if err := another.blameOomnitza(t.Context(), forbidden("create a person")); httpx.KindOf(err) != httpx.KindUnauthorized {
			t.Errorf("after %d on every write: %v", status, err)
		}
	}
}

func TestWhereNothingCanBeTriedTheSecondForbiddenWriteIsTheTenantsFault(t *testing.T) {
	r := newRig(t, small())
	if err := r.blameOomnitza(t.Context(), forbidden("create a SaaS record")); err != nil {
		t.Errorf("the first: %v", err)
	}
	if err := r.blameOomnitza(t.Context(), forbidden("create a SaaS record")); httpx.KindOf(err) != httpx.KindUnauthorized {
		t.Errorf("the second: %v", err)
	}
	r.proof.worked()
	if err := r.blameOomnitza(t.Context(), forbidden("create a SaaS record")); err != nil {
		t.Errorf("after a write that worked: %v", err)
	}
}

func TestAWriteThatFailsForeverIsTheRowsFaultUnlessAllDo(t *testing.T) {
	r := newRig(t, small())
	r.upsertAll(catalogue())
	another := r.worker()
	broken := &httpx.Error{Peer: "Oomnitza", Op: "create a person", Kind: httpx.KindServer, Status: 500}
	if err := another.blameOomnitza(t.Context(), broken); err != nil {
		t.Errorf("while other writes work: %v", err)
	}
	r.oomnitzaAt.set(noWrites(http.StatusInternalServerError))
	if err := r.worker().blameOomnitza(t.Context(), broken); !httpx.KindOf(err).Retryable() {
		t.Errorf("while no write works: %v", err)
	}
}

func TestAWriteProvesNothingForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p proof
		if p.within(time.Hour) {
			t.Error("proven before any write")
		}
		p.worked()
		time.Sleep(provenFor - 1)
		if !p.within(provenFor) {
			t.Error("too short")
		}
		time.Sleep(time.Nanosecond)
		if p.within(provenFor) {
			t.Error("too long")
		}
	})
}

func TestOneUnauthorizedAnswerIsAskedAgain(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		r := newRig(t, small())
		refused := map[string]bool{}
		r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
			if refused[req.Method] {
				return false
			}
			refused[req.Method] = true
			w.WriteHeader(status)
			return true
		})
		out := r.upsertAll(catalogue()[:1])
		if out.Counts.Created != 1 || r.sim.Counts().SaaSCreated != 1 || len(refused) != 2 {
			t.Errorf("%d: counts %+v, refused %v", status, out.Counts, refused)
		}
		r.clean()
	}
}
