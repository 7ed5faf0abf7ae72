package appsync

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// rig is both simulated tenants with an engine as a worker has it.
type rig struct {
	*sandbox.Sandbox
	t       *testing.T
	clients sandbox.Clients
	engine  *Engine
	policy  saas.Policy
	claims  saas.Claims // as a session collects them
}

func newRig(t *testing.T, o simulator.Options) *rig {
	t.Helper()
	r := &rig{t: t, Sandbox: sandbox.OpenSandbox(t, o)}
	r.policy = r.Policy()
	r.restart()
	return r
}

// restart replaces the worker by another one, which remembers nothing.
func (r *rig) restart() {
	r.clients = r.NewClients()
	r.engine = New(r.clients.Oomnitza, Options{})
}

// small is a tenant with lists of one and of several pages.
func small() simulator.Options {
	return simulator.Options{Apps: 12, People: 400, Pairs: 1500}
}

// inBubble runs a subtest in which all waits are virtual.
func inBubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// upsert carries a page over. The tests decide about errors.
func (r *rig) upsert(page contract.UpsertAppsParams) (contract.UpsertAppsResult, error) {
	page.Policy = r.policy
	return r.engine.Upsert(r.t.Context(), page)
}

// must carries a page over that is to succeed.
func (r *rig) must(page contract.UpsertAppsParams) contract.UpsertAppsResult {
	r.t.Helper()
	out, err := r.upsert(page)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// upsertAll carries apps over that nothing is known about.
func (r *rig) upsertAll(apps []saas.App) contract.UpsertAppsResult {
	r.t.Helper()
	return r.must(contract.UpsertAppsParams{Apps: apps})
}

// upsertNext carries apps over as one session does, going by what the session
// before handed on.
func (r *rig) upsertNext(apps []saas.App, before saas.Untaken) contract.UpsertAppsResult {
	r.t.Helper()
	return r.must(contract.UpsertAppsParams{Apps: apps, CheckCreator: true, Untaken: before.Without(string(saas.FieldName))})
}

// upsertClaiming carries a page over of which the next one and later sessions
// learn whose the records are.
func (r *rig) upsertClaiming(apps []saas.App) contract.UpsertAppsResult {
	r.t.Helper()
	out := r.must(contract.UpsertAppsParams{Apps: apps, CheckCreator: true, Claims: r.claims.ForApps(apps)})
	r.claims = r.claims.WithLatest(out.Claims, 1000)
	return out
}

// discovered reads the apps of the first stream.
func (r *rig) discovered() (out []saas.App) {
	r.t.Helper()
	streams, err := r.clients.Defender.Streams(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	q := listing.AppQuery{Stream: streams.Streams[0].ID, Timeframe: 90, Sort: contract.SortName}
	for q.Skip >= 0 {
		page, err := r.clients.Defender.ReadApps(r.t.Context(), q)
		if err != nil {
			r.t.Fatal(err)
		}
		out, q.Skip = append(out, page.Apps...), page.Next
	}
	return out
}

// addRecord makes a record as another integration would.
func (r *rig) addRecord(rec saas.Record) {
	r.t.Helper()
	if _, err := r.clients.Oomnitza.CreateSaaS(r.t.Context(), rec); err != nil {
		r.t.Error(err)
	}
}

// countWrites counts what a function writes to Oomnitza's records.
func (r *rig) countWrites(f func()) int {
	before := r.Counts()
	f()
	after := r.Counts()
	return after.SaaSCreated + after.SaaSPatched - before.SaaSCreated - before.SaaSPatched
}

// blockWrites returns a guard that answers each write that has a text in its
// body, or whose path ends so.
func blockWrites(text string, answer func(http.ResponseWriter)) sandbox.Guard {
	return func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodGet {
			return false
		}
		body := readBody(req)
		if !bytes.Contains(body, []byte(text)) && !strings.HasSuffix(req.URL.Path, text) {
			return false
		}
		answer(w)
		return true
	}
}

// readBody reads a request's body and leaves it to be read again.
func readBody(req *http.Request) []byte {
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// answerPage answers with a web page.
func answerPage(status int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><title>Request blocked</title></html>")
	}
}

// timeOf measures how long something takes.
func timeOf(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}
