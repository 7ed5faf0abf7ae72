package oomnitza

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"defendersync/internal/httpx"
)

func TestAssignSendsIdsAndLastActivity(t *testing.T) {
	f, c := newFake(t, answer(200, `{}`))
	at := time.Date(2026, 11, 18, 11, 6, 40, 999, time.FixedZone("", -7200))
	bad, err := c.Assign(t.Context(), "7 8", []Assignment{{UserID: "1", LastActivity: at}, {UserID: `"2"`}, {UserID: "3", LastActivity: time.Unix(-5, 0)}})
	if err != nil || bad != nil {
		t.Errorf("got %v, %v", bad, err)
	}
	r := f.only(t)
	want := fmt.Sprintf(`[{"user_id":"1","assign":true,"last_visit":%d},{"user_id":"\"2\"","assign":true},{"user_id":"3","assign":true}]`, at.Unix())
	if r.method != http.MethodPost || r.path != "/api/v3/saas/7%208/users" || len(r.query) != 0 || r.body != want {
		t.Errorf("asked %s %s %v %s", r.method, r.path, r.query, r.body)
	}
}

func TestAnEmptyAnswerIsBelievedOfATenantThatNeverSaysAnything(t *testing.T) {
	one := []Assignment{{UserID: "1"}}
	said := " "
	_, c := newFake(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(said)) })
	if _, err := c.Assign(t.Context(), "7", one); !errors.Is(err, httpx.ErrUnconfirmed) || httpx.KindOf(err) != httpx.KindBadAnswer {
		t.Errorf("the first empty answer: %v", err)
	}
	c.BelieveSilence()
	if _, err := c.Assign(t.Context(), "7", one); err != nil || c.Tells() {
		t.Errorf("an empty answer of a silent tenant: %v", err)
	}
	said = "{}"
	if _, err := c.Assign(t.Context(), "7", one); err != nil || !c.Tells() {
		t.Errorf("an answer: %v", err)
	}
	said = ""
	c.BelieveSilence()
	if _, err := c.Assign(t.Context(), "8", one); !errors.Is(err, httpx.ErrUnconfirmed) {
		t.Errorf("an empty answer of a tenant that speaks: %v", err)
	}
}

func TestAssignOfNobodySendsNothing(t *testing.T) {
	f, c := newFake(t, answer(500, ``))
	if bad, err := c.Assign(t.Context(), "7", nil); bad != nil || err != nil || len(f.requests()) != 0 {
		t.Errorf("got %v, %v after %d requests", bad, err, len(f.requests()))
	}
}

// rowErrorCases are answers of 200 to an assignment of "1", "22" and "a-3".
var rowErrorCases = []struct {
	name, body string
	want       []RowError
}{
	{"null", `null`, nil},
	{"an empty object", `{}`, nil},
	{"an empty list", `[]`, nil},
	{"true", `true`, nil},
	{"a word", `OK`, nil},
	{"a word in quotes", `"success"`, nil},
	{"a status", `{"status": "ok"}`, nil},
	{"a message without an error", `{"message": "3 users were assigned"}`, nil},
	{"rows without errors", `[{"user_id": "1", "error": null}, {"user_id": 22, "errors": []}, {"user_id": "a-3", "error": ""}]`, nil},
	{"rows that repeat what was sent", `[{"user_id": "1", "assign": true}, {"user_id": "22", "assign": true, "status": "active"}]`, nil},
	{"rows that say how well it went", `[{"user_id": "1", "success": true, "message": "user was added"}, {"user_id": "22", "message": "created"}]`, nil},
	{"the ids that were assigned", `["1", "22", "a-3"]`, nil},
	{"the ids that were assigned, as numbers", `[1, 22]`, nil},
	{"no errors", `{"errors": [], "error": null, "failed": []}`, nil},
	{"results without errors", `{"results": [{"user_id": "1", "error": null}], "errors": {}}`, nil},
	{"a count of failures of none", `{"failed": 0, "assigned": 3}`, nil},

	{"a row with an error", `[{"user_id": "1", "error": null}, {"user_id": "22", "error": "no such user"}]`, []RowError{{UserID: "22", Message: "no such user"}}},
	{"an id as a number", `[{"user_id": 22, "error": "no such user"}]`, []RowError{{UserID: "22", Message: "no such user"}}},
	{"an id under another name", `[{"saas_user_id": "a-3", "error": "no such user"}]`, []RowError{{UserID: "a-3", Message: "no such user"}}},
	{"a list of errors of a row", `[{"user_id": "1", "errors": ["bad", "worse"]}]`, []RowError{{UserID: "1", Message: "bad; worse"}}},
	{"errors of a row by field", `[{"user_id": "1", "errors": {"last_visit": ["Unknown field"]}}]`, []RowError{{UserID: "1", Message: "last_visit: Unknown field"}}},
	{"a message of a row", `[{"user_id": "1", "message": "not permitted"}]`, []RowError{{UserID: "1", Message: "not permitted"}}},
	{"an error beside a success", `[{"user_id": "1", "success": true, "error": "not permitted"}]`, []RowError{{UserID: "1", Message: "not permitted"}}},
	{"a failure without words", `[{"user_id": "1", "success": false}, {"user_id": "22", "status": "failed"}]`, []RowError{{UserID: "1", Message: noReason}, {UserID: "22", Message: noReason}}},
	{"an error that is merely true", `[{"user_id": "1", "error": true}]`, []RowError{{UserID: "1", Message: noReason}}},

	{"errors of rows", `{"errors": [{"user_id": "1", "error": "bad"}, {"user_id": "22", "message": "worse"}]}`, []RowError{{UserID: "1", Message: "bad"}, {UserID: "22", Message: "worse"}}},
	{"errors under their ids", `{"errors": {"1": "bad", "22": ["worse", "worst"], "a-3": {"error": "no"}}}`, []RowError{{UserID: "1", Message: "bad"}, {UserID: "22", Message: "worse; worst"}, {UserID: "a-3", Message: "no"}}},
	{"errors in words that name the row", `{"errors": ["User 22: This user cannot be assigned", "user 'a-3' is gone"]}`, []RowError{{UserID: "22", Message: "User 22: This user cannot be assigned"}, {UserID: "a-3", Message: "user 'a-3' is gone"}}},
	{"an error in words that name nobody", `{"errors": ["Something is wrong with 221"]}`, []RowError{{UserID: "", Message: "Something is wrong with 221"}}},
	{"a list of words", `["User 1 is gone"]`, []RowError{{UserID: "1", Message: "User 1 is gone"}}},
	{"an error of the whole", `{"error": "The app is locked"}`, []RowError{{UserID: "", Message: "The app is locked"}}},
	{"an error of the whole, as an object", `{"error": {"message": "The app is locked"}}`, []RowError{{UserID: "", Message: "The app is locked"}}},
	{"an error of the whole, by field", `{"errors": {"last_visit": ["Unknown field"]}}`, []RowError{{UserID: "", Message: "last_visit: Unknown field"}}},
	{"an error of the whole, merely true", `{"error": true}`, []RowError{{UserID: "", Message: noReason}}},
	{"an error of the whole, without words", `{"success": false}`, []RowError{{UserID: "", Message: noReason}}},
	{"an error of the whole, with a message", `{"success": false, "message": "The app is locked"}`, []RowError{{UserID: "", Message: "The app is locked"}}},
	{"an error in a word", `"The app is locked"`, []RowError{{UserID: "", Message: "The app is locked"}}},
	{"false", `false`, []RowError{{UserID: "", Message: noReason}}},
	{"a count of failures", `{"failed": 2, "assigned": 1}`, []RowError{{UserID: "", Message: "failed: 2"}}},
	{"failed ids", `{"failed": ["1", 22]}`, []RowError{{UserID: "1", Message: noReason}, {UserID: "22", Message: noReason}}},
	{"failed rows", `{"assigned": ["22"], "failed": [{"user_id": "1", "reason": "gone"}, {"user_id": "a-3"}]}`, []RowError{{UserID: "1", Message: "gone"}, {UserID: "a-3", Message: noReason}}},
	{"a summary beside rows", `{"error": "1 row failed", "failed": [{"user_id": "1", "error": "gone"}]}`, []RowError{{UserID: "1", Message: "gone"}}},
	{"rows among results", `{"results": [{"user_id": "1", "error": "gone"}, {"user_id": "22", "error": null}]}`, []RowError{{UserID: "1", Message: "gone"}}},
	{"rows under their ids", `{"1": {"error": "gone"}, "22": "ok", "a-3": {"success": true}}`, []RowError{{UserID: "1", Message: "gone"}}},
	{"the same row twice", `{"errors": [{"user_id": "1", "error": "bad"}], "failed": ["1"]}`, []RowError{{UserID: "1", Message: "bad"}}},
	{"a row that was not sent", `[{"user_id": "999", "error": "who?"}]`, []RowError{{UserID: "", Message: "who?"}}},
	{"words over several lines", `[{"user_id": "1", "error": "one\n two"}]`, []RowError{{UserID: "1", Message: "one two"}}},
}

func TestAssignFindsErrorsInsideAGoodAnswer(t *testing.T) {
	for _, tt := range rowErrorCases {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newFake(t, answer(200, tt.body))
			got, err := c.Assign(t.Context(), "7", []Assignment{{UserID: "1"}, {UserID: "22"}, {UserID: "a-3"}})
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestAssignDoesNotGuessAtAGarbledAnswer(t *testing.T) {
	for _, body := range []string{`{`, `[{"user_id": "1"`, `{,,"\x`, `[] []`, `not json`} {
		_, c := newFake(t, answer(200, body))
		bad, err := c.Assign(t.Context(), "7", []Assignment{{UserID: "1"}})
		wantKind(t, err, httpx.KindBadAnswer)
		if bad != nil {
			t.Errorf("%s: rows %v came with an error", body, bad)
		}
	}
}
