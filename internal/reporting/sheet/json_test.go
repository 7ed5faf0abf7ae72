package sheet

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"defendersync/internal/envelope"
)

func TestJSONHasItsRowsAsObjects(t *testing.T) {
	head := envelope.Head{Kind: "report.apps", GeneratedAt: eight, Integration: "hr"}
	s := apps()
	s.Head = head
	got := written(t, JSON, s, Options{Location: berlin(t)}, someApps()...)
	want := `{"kind":"report.apps","version":1,"generatedAt":"2026-07-24T08:00:00Z","integration":"hr","title":"Apps",` +
		`"about":[{"name":"Asked","value":"report apps --top 2"},{"name":"When","value":"2026-07-24 10:00"}],"data":[
{"name":"Slack","users":1200,"lastActivity":"2026-07-24T08:00:00Z","firstSeen":"2026-07-24","website":"https://slack.com","sanctioned":true},
{"name":"Ünïcødé 東京","users":7.5,"lastActivity":null,"firstSeen":null,"website":null,"sanctioned":false}
],"count":2}
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestJSONIsValidWhateverItHolds(t *testing.T) {
	s := Sheet{Title: "\"odd\"\n", Columns: []Column{{Key: "a\"b", Title: "A", Kind: Number}, {Key: "t", Title: "T", Kind: Time}},
		About: []Fact{{Name: "Filter", Value: "<a & b>"}}}
	late := time.Date(2026, 11, 24, 8, 0, 0, 999, time.FixedZone("", 5*3600+1800))
	for name, c := range map[string]struct {
		rows []Row
		want string
	}{
		"no rows":     {nil, `"data":[` + "\n" + `],"count":0}`},
		"any number":  {[]Row{{1e300, 5e-324}, {math.NaN(), math.Inf(1)}, {int64(math.MaxInt64), -0.1}}, `{"a\"b":null,"t":null}`},
		"any text":    {[]Row{{"</script>\x00\xff\u2028", late}}, `{"a\"b":"</script>\u0000\ufffd\u2028","t":"2026-11-24T02:30:00Z"}`},
		"many digits": {[]Row{{123456789.125, 20.0}}, `{"a\"b":123456789.125,"t":20}`},
	} {
		got := written(t, JSON, s, Options{}, c.rows...)
		if !json.Valid([]byte(got)) || !strings.Contains(got, c.want) || !strings.Contains(got, `"about":[{"name":"Filter","value":"<a & b>"}]`) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func FuzzJSONComesBack(f *testing.F) {
	f.Add("name", "Slack \"x\" \u2028", int64(1)<<53+1, 0.1)
	f.Add("\xff", "\x00", int64(-1), math.SmallestNonzeroFloat64)
	f.Fuzz(func(t *testing.T, key, text string, whole int64, part float64) {
		if !utf8.ValidString(text) || text == "" || math.IsNaN(part) || math.IsInf(part, 0) {
			t.Skip("comes back as something else")
		}
		s := Sheet{Title: text, Columns: []Column{{Key: "t"}, {Key: "w"}, {Key: "p"}, {Key: "k" + key}}, About: []Fact{{Name: key, Value: text}}}
		var back struct {
			Title string
			Data  []struct {
				T string
				W int64
				P float64
			}
			Count int
		}
		out := written(t, JSON, s, Options{}, Row{text, whole, part, nil}, Row{text, whole, part, nil})
		if err := json.Unmarshal([]byte(out), &back); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if back.Title != text || back.Count != 2 || len(back.Data) != 2 || back.Data[1].T != text || back.Data[1].W != whole || back.Data[1].P != part {
			t.Fatalf("%s came back as %+v", out, back)
		}
	})
}
