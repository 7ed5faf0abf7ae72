package appsync

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"defendersync/internal/saas"
)

func TestARecordWhoseCreationWentUnansweredIsFoundNotDoubled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		var lost atomic.Int64
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/saas") || lost.Add(1) > 3 {
				return false
			}
			// The tenant does it, and nobody hears of it.
			r.Oomnitza().ServeHTTP(deaf{}, req)
			panic(http.ErrAbortHandler)
		})
		out := r.upsertAll(catalogue())
		if out.Counts.Created != 3 || out.Counts.Rejected != 0 || r.Counts().SaaSCreated != 3 {
			t.Errorf("counts %+v; Oomnitza saw %+v", out.Counts, r.Counts())
		}
		for _, ref := range out.Refs {
			// Somebody else may have assigned people to it meanwhile.
			if ref.New || !ref.Ours || ref.SaaS == "" {
				t.Errorf("%+v should be ours and not new", ref)
			}
		}
		r.CheckContract()
	})
}

// deaf takes an answer that nobody reads.
type deaf struct{}

func (deaf) Header() http.Header         { return http.Header{} }
func (deaf) Write(b []byte) (int, error) { return len(b), nil }
func (deaf) WriteHeader(int)             {}

func TestANameThatWasTakenMeanwhileIsLookedUpAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		rival saas.Record // made between looking and creating
		want  saas.AppCounts
		name  string // of the record that the app ends with
	}{
		"by somebody else, whose record is adopted": {
			saas.Record{Name: "Kite", Source: "Okta", LinkKey: "okta:77"}, saas.AppCounts{Seen: 1, Adopted: 1}, "Kite"},
		"by ourselves, for the same app": {
			saas.Record{Name: "Kite", Source: "x", LinkKey: saas.LinkKey("903")}, saas.AppCounts{Seen: 1, Created: 1}, "Kite"},
		"by another app of Defender's": {
			saas.Record{Name: "Kite", Source: "x", LinkKey: saas.LinkKey("904")}, saas.AppCounts{Seen: 1, Created: 1}, "Kite (903)"},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			var done atomic.Bool
			r.OomnitzaDoor.Post(func(_ http.ResponseWriter, req *http.Request) bool {
				if req.Method == http.MethodPost && !done.Swap(true) {
					r.addRecord(tc.rival)
				}
				return false
			})
			out := r.upsertAll(catalogue()[2:])
			if out.Counts != tc.want || len(out.Refs) != 1 || out.Refs[0].SaaS != r.Holdings().SaaS[tc.name].ID {
				t.Errorf("counts %+v, %+v", out.Counts, out.Refs)
			}
		})
	}
}
