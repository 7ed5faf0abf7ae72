package oomnitza

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// blamedTenant is a simulated tenant that may answer every write with a status.
type blamedTenant struct {
	*simulator.Simulator
	url       string
	forbidden atomic.Int64 // the status; 0: writes are taken
}

func openTenant(t *testing.T) *blamedTenant {
	t.Helper()
	tn := &blamedTenant{Simulator: simulator.New(simulator.Options{Seed: 7, Apps: 2, People: 5, Pairs: 5})}
	to := tn.Oomnitza()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := tn.forbidden.Load(); status != 0 && r.Method != http.MethodGet {
			w.WriteHeader(int(status))
			return
		}
		to.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	tn.url = server.URL
	return tn
}

// worker is a client that has written nothing so far.
func (tn *blamedTenant) worker(t *testing.T) *Client {
	t.Helper()
	c, err := New(Options{URL: tn.url, Token: tn.Options().OomnitzaToken})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// addRecord makes a record of ours.
func (tn *blamedTenant) addRecord(t *testing.T) {
	t.Helper()
	if _, err := tn.worker(t).CreateSaaS(t.Context(), saas.Record{Name: "Orbit Notes", Source: saas.Source}); err != nil {
		t.Fatal(err)
	}
}

// denial is the error of a write that was answered 403.
func denial(op string) error {
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindUnauthorized, Status: http.StatusForbidden, Message: `a web page titled "Blocked"`}
}

func TestAForbiddenWriteIsTheRowsFaultWhereAnotherWriteWorks(t *testing.T) {
	tn := openTenant(t)
	tn.addRecord(t)
	c := tn.worker(t)
	for range 5 {
		if err := c.Blame(t.Context(), denial("create a SaaS record")); err != nil {
			t.Fatal(err)
		}
	}
	if v := tn.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

func TestATokenThatMayOnlyReadIsTheTenantsFaultAlthoughReadsWork(t *testing.T) {
	tn := openTenant(t)
	tn.addRecord(t)
	c := tn.worker(t)
	for _, status := range []int64{http.StatusForbidden, http.StatusUnauthorized} {
		tn.forbidden.Store(status)
		if err := c.Blame(t.Context(), denial("create a person")); httpx.KindOf(err) != httpx.KindUnauthorized {
			t.Errorf("after %d on every write: %v", status, err)
		}
	}
}

func TestWhereNothingCanBeTriedTheSecondForbiddenWriteIsTheTenantsFault(t *testing.T) {
	c := openTenant(t).worker(t)
	if err := c.Blame(t.Context(), denial("create a SaaS record")); err != nil {
		t.Errorf("the first: %v", err)
	}
	if err := c.Blame(t.Context(), denial("create a SaaS record")); httpx.KindOf(err) != httpx.KindUnauthorized {
		t.Errorf("the second: %v", err)
	}
	if _, err := c.CreatePerson(t.Context(), saas.Person{Username: "ada.lovelace@contoso.com", Role: 25}); err != nil {
		t.Fatal(err)
	}
	if err := c.Blame(t.Context(), denial("create a SaaS record")); err != nil {
		t.Errorf("after a write that worked: %v", err)
	}
}

func TestAWriteThatFailsForeverIsTheRowsFaultUnlessAllDo(t *testing.T) {
	tn := openTenant(t)
	tn.addRecord(t)
	broken := &httpx.Error{Peer: peer, Op: "create a person", Kind: httpx.KindServer, Status: 500}
	if err := tn.worker(t).Blame(t.Context(), broken); err != nil {
		t.Errorf("while other writes work: %v", err)
	}
	tn.forbidden.Store(http.StatusInternalServerError)
	if err := tn.worker(t).Blame(t.Context(), broken); !httpx.KindOf(err).Retryable() {
		t.Errorf("while no write works: %v", err)
	}
}

func TestAWriteProvesNothingForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p writeProof
		if p.wroteWithin(time.Hour) {
			t.Error("proven before any write")
		}
		p.noteWrite()
		time.Sleep(provenFor - 1)
		if !p.wroteWithin(provenFor) {
			t.Error("too short")
		}
		time.Sleep(time.Nanosecond)
		if p.wroteWithin(provenFor) {
			t.Error("too long")
		}
	})
}
