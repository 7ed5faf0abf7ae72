package defender

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
)

// Why a row is bad.
const (
	badNotObject = "the row is not an object"
	badNoID      = "no app id"
	badLongID    = "the app id is longer than any id"
	badNoName    = "no name"
	badNoTime    = "no last activity"
	badTime      = "last activity is not a time"
	badAmbiguous = "last activity may be of one month or another, as in 03/04"
	badZone      = "last activity names a time zone that isn't known for certain"
	badFuture    = "last activity lies in the future"
)

// listBody is what a list is asked with; the keys are those that clients send
// [CODE M1, M2, X1].
type listBody struct {
	AppID     any       `json:"appId,omitempty"`
	Skip      int       `json:"skip"`
	Limit     int       `json:"limit"`
	Stream    string    `json:"streamId"`
	Timeframe any       `json:"timeframe"`
	SortField string    `json:"sortField"`
	Direction string    `json:"sortDirection"`
	Async     bool      `json:"performAsyncTotal"`
	Filters   *struct{} `json:"filters,omitempty"`
}

// formatTimeframe spells a number of days.
func formatTimeframe(days int, form contract.RequestForm) any {
	if form.Days == daysNumber {
		return days
	}
	return strconv.Itoa(days)
}

// envelope is a page before its rows are looked at.
type envelope struct {
	rows  [][]byte
	next  int  // skip of the next page, -1 at the end
	total int  // -1 when it isn't told
	full  bool // as many rows as a page holds

	endless bool // it is empty, and yet there is said to be more
	date    time.Time
}

// openEnvelope takes a page apart. Whether there is more is hasNext's to say
// [DOC D1]; where it is missing, a full page means more. total never decides:
// it is approximate [DOC D6b, CODE E4].
func openEnvelope(op string, answer *httpx.Answer, skip int) (envelope, error) {
	bad := func(message string) (envelope, error) {
		return envelope{}, &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindBadAnswer, Status: answer.Status, Message: message}
	}
	env := envelope{next: -1, total: -1, date: serverDate(answer.Header)}
	limit := PageSize
	var data, more []byte
	twice := false
	once := func(have *[]byte, value []byte) {
		twice = twice || *have != nil && !bytes.Equal(*have, value)
		*have = value
	}
	err := httpx.ReadFields(answer.Body, func(key, value []byte) {
		switch string(key) {
		case "data":
			once(&data, value)
		case "hasNext":
			once(&more, value)
		case "total":
			if n, ok := rawInt(value); ok && n >= 0 {
				env.total = n
			}
		case "max": // the server's own page size [CODE E2]
			if n, ok := rawInt(value); ok && n > 0 {
				limit = min(limit, n)
			}
		}
	})
	if _, other := errors.AsType[httpx.ShapeError](err); other {
		data, err = answer.Body, nil // the list alone [CODE X1]
	}
	switch {
	case err != nil:
		return bad(notJSON)
	case twice:
		return bad("data or hasNext comes twice, and differs")
	case data == nil:
		return bad(noData(answer.Body))
	}
	if env.rows, err = httpx.SplitRows(data, PageSize, maxPageRows); err != nil {
		return bad(notRows(answer.Body, err))
	}
	env.full = len(env.rows) >= limit
	switch {
	case string(more) == "true" && len(env.rows) == 0:
		env.endless = true
	case string(more) == "true", (more == nil || isNull(more)) && env.full:
		env.next = skip + len(env.rows)
	case string(more) != "false" && more != nil && !isNull(more):
		return bad("hasNext is neither true nor false")
	}
	return env, nil
}

// notJSON is said of an answer that can't be read at all.
const notJSON = "the answer is cut off or not JSON"

// notRows says why what should be a page's rows is not.
func notRows(body []byte, err error) string {
	_, noList := errors.AsType[httpx.ShapeError](err)
	switch {
	case errors.Is(err, httpx.ErrTooLong):
		return err.Error()
	case noList:
		return noData(body)
	}
	return notJSON
}

// noData describes an answer without a list of rows. The peer's words are
// taken only from what looks like an error: elsewhere they might be a name.
func noData(body []byte) string {
	keys := map[string]bool{}
	httpx.EachField(body, func(key, _ []byte) { keys[string(key)] = true })
	for _, key := range errorKeys {
		if words := httpx.FindMessage(body); keys[key] && words != "" {
			return "no list of rows: " + words
		}
	}
	return "no list of rows under \"data\"; keys seen: " + showKeys(keys)
}

// serverDate is the server's own clock; zero when it did not tell.
func serverDate(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// showKeys lists keys for an error: names only, bounded, in order.
func showKeys(keys map[string]bool) string {
	names := slices.Sorted(maps.Keys(keys))
	if len(names) == 0 {
		return "none"
	}
	const most = 30
	if len(names) > most {
		names = append(names[:most], "…")
	}
	for i, name := range names {
		if r := []rune(name); len(r) > 40 {
			names[i] = string(r[:40]) + "…"
		}
	}
	return strings.Join(names, ", ")
}

// checkShape tells bad rows from a shape that nobody knows, for a page none of
// whose rows can be used. Columns says which columns every good row has.
func (r *rowReader) checkShape(op, rows string, env envelope, known bool, columns ...int) error {
	few := len(env.rows) < fewRows
	if few && known {
		return nil
	}
	var missing []string
	for _, c := range columns {
		if r.used[c] == "" && !(few && r.named[c]) {
			missing = append(missing, columnName(c)+" ("+strings.Join(r.keys[c], ", ")+")")
		}
	}
	if few && len(missing) == 0 {
		return nil
	}
	keys := map[string]bool{}
	for _, row := range env.rows {
		httpx.EachField(row, func(key, _ []byte) { keys[string(key)] = true })
	}
	message := "none of " + strconv.Itoa(len(env.rows)) + " rows of " + rows + " can be used"
	if len(missing) > 0 {
		message += ": no row has a usable " + strings.Join(missing, " or ")
	}
	return &httpx.Error{
		Peer: peer, Op: op, Kind: httpx.KindContract, Message: message + "; keys seen: " + showKeys(keys),
		Hint: "the list is undocumented and seems to have changed; its known keys stand in internal/defender/assumptions.go",
	}
}

func columnName(c int) string {
	switch c {
	case colID:
		return "id"
	case colName:
		return "name"
	}
	return "last activity"
}

// usedKeys are the row keys under which columns were found.
func (r *rowReader) usedKeys(columns ...int) []string {
	var out []string
	for _, c := range columns {
		if r.used[c] != "" {
			out = append(out, r.used[c])
		}
	}
	return out
}
