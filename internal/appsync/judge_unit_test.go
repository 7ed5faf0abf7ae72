package appsync

import (
	"context"
	"errors"
	"testing"

	"defendersync/internal/httpx"
)

// judging is a Target of which the judgement of failures alone is asked.
type judging struct {
	Target
	blame  error
	proven bool
	fails  error // of the proof
}

func (j judging) Blame(context.Context, error) error        { return j.blame }
func (j judging) ProveWrites(context.Context) (bool, error) { return j.proven, j.fails }
func failed(kind httpx.Kind, status int, cause ...error) *httpx.Error {
	e := &httpx.Error{Peer: "Oomnitza", Op: "create a SaaS record", Kind: kind, Status: status}
	if len(cause) > 0 {
		e.Err = cause[0]
	}
	return e
}

func TestWhatAFailureOfOneAppMeansIsDecidedByItsKindAndTheTenant(t *testing.T) {
	errTenant := failed(httpx.KindServer, 503)
	const end, again, reject = "ends the page", "tried again", "rejected"
	for name, tc := range map[string]struct {
		err     error
		blame   error
		cleared bool
		try     int
		want    string
	}{
		"an error that no request met":                  {err: errors.New("odd"), try: 1, want: end},
		"the worker stops":                              {err: failed(httpx.KindStopping, 0), try: 1, want: end},
		"a setting is wrong":                            {err: failed(httpx.KindConfig, 0), try: 1, want: end},
		"a login page, the first time":                  {err: failed(httpx.KindConfig, 302), try: 1, want: again},
		"a login page, the second time":                 {err: failed(httpx.KindConfig, 302), try: 2, want: reject},
		"a refusal":                                     {err: failed(httpx.KindRefused, 400), try: 1, want: reject},
		"a denial, the first time":                      {err: failed(httpx.KindUnauthorized, 403), try: 1, want: again},
		"a denial, the second time":                     {err: failed(httpx.KindUnauthorized, 403), try: 2, want: reject},
		"a denial, the second time, as of every write":  {err: failed(httpx.KindUnauthorized, 403), blame: errTenant, try: 2, want: end},
		"a denial of an app that was cleared":           {err: failed(httpx.KindUnauthorized, 403), cleared: true, try: 1, want: reject},
		"a name that is taken, the first time":          {err: failed(httpx.KindConflict, 409), try: 1, want: again},
		"a name that is taken, the second time":         {err: failed(httpx.KindConflict, 409), try: 2, want: reject},
		"a record that went away, the first time":       {err: failed(httpx.KindNotFound, 404), try: 1, want: again},
		"no answer, the third time":                     {err: failed(httpx.KindNetwork, 0), try: 3, want: again},
		"no answer, the fourth time":                    {err: failed(httpx.KindNetwork, 0), try: 4, want: reject},
		"no answer, the fourth time, as to every write": {err: failed(httpx.KindNetwork, 0), blame: errTenant, try: 4, want: end},
		"429 to this request alone":                     {err: failed(httpx.KindServer, 429, httpx.ErrSingledOut), blame: errTenant, try: 1, want: reject},
	} {
		t.Run(name, func(t *testing.T) {
			one, other := &item{failure: tc.err, cleared: tc.cleared}, &item{}
			r := &pageRun{target: judging{blame: tc.blame}, items: []*item{one, other}}
			left, err := r.judgeFailures(t.Context(), r.items, tc.try)
			got := reject
			switch {
			case err != nil:
				got = end
			case len(left) == 1 && left[0] == one:
				got = again
			}
			if got != tc.want || (one.reason != "") != (tc.want == reject) || other.reason != "" {
				t.Errorf("it is %s, want %s; rejected as %q", got, tc.want, one.reason)
			}
		})
	}
}

func TestAPageOfWhichNothingCanBeWrittenEndsUnlessAnotherWriteWorks(t *testing.T) {
	out, busy := failed(httpx.KindServer, 503), failed(httpx.KindNetwork, 0)
	for name, tc := range map[string]struct {
		target judging
		fail   []error // of the page's apps
		try    int
		want   error
	}{
		"all fail, and so does another write":      {judging{fails: busy}, []error{out, out}, 1, busy},
		"all fail, and there is no other to try":   {judging{}, []error{out, out}, 1, out},
		"all fail, and another write works":        {judging{proven: true}, []error{out, out}, 1, nil},
		"all fail in a later round":                {judging{fails: busy}, []error{out, out}, 2, nil},
		"all are denied":                           {judging{fails: busy}, []error{failed(httpx.KindUnauthorized, 403), failed(httpx.KindUnauthorized, 403)}, 1, nil},
		"one of them is written":                   {judging{fails: busy}, []error{out, out, nil}, 1, nil},
		"the page is one app, which is no witness": {judging{fails: busy}, []error{out}, 1, nil},
	} {
		r := &pageRun{target: tc.target}
		for _, err := range tc.fail {
			r.items = append(r.items, &item{failure: err})
		}
		if _, err := r.judgeFailures(t.Context(), r.items, tc.try); err != tc.want {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}
