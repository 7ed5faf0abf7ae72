package defender

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"
)

func TestRawTimeKnowsEveryKindOfTime(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	for name, tc := range map[string]struct{ raw, want string }{
		"milliseconds":                  {`1595096313000`, "2020-07-18T18:18:33Z"},
		"fractions of milliseconds":     {`1607952165309.8032`, "2020-12-14T13:22:45.309803Z"},
		"milliseconds as a float":       {`1595096313000.0`, "2020-07-18T18:18:33Z"},
		"milliseconds with an exponent": {`1.595096313e12`, "2020-07-18T18:18:33Z"},
		"milliseconds in a string":      {`"1595096313000"`, "2020-07-18T18:18:33Z"},
		"seconds":                       {`1595096313`, "2020-07-18T18:18:33Z"},
		"fractions of seconds":          {`1595096313.5`, "2020-07-18T18:18:33.5Z"},
		"seconds in a string":           {`" 1595096313 "`, "2020-07-18T18:18:33Z"},
		"no digits after the second":    {`"2020-07-19T06:59:24Z"`, "2020-07-19T06:59:24Z"},
		"three digits":                  {`"2020-12-16T17:23:40.687Z"`, "2020-12-16T17:23:40.687Z"},
		"six digits":                    {`"2016-05-13T20:23:47.210000Z"`, "2016-05-13T20:23:47.21Z"},
		"seven digits":                  {`"2020-07-18T18:21:10.6170000Z"`, "2020-07-18T18:21:10.617Z"},
		"another zone":                  {`"2020-07-18T18:21:10+02:00"`, "2020-07-18T16:21:10Z"},
		"no zone is UTC":                {`"2020-07-18T18:21:10.5"`, "2020-07-18T18:21:10.5Z"},
		"a blank for the T":             {`"2020-07-18 18:21:10"`, "2020-07-18T18:21:10Z"},
		"the day alone":                 {`"2020-07-18"`, "2020-07-18T00:00:00Z"},
		"an escaped string":             {`"2020-07-18T18\u003a21:10Z"`, "2020-07-18T18:21:10Z"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := rawTime([]byte(tc.raw))
			if !ok || !got.Equal(at(tc.want)) || got.Location() != time.UTC {
				t.Errorf("%s: got %v, %v; want %s", tc.raw, got, ok, tc.want)
			}
		})
	}
}

func TestRawTimeTakesNothingElse(t *testing.T) {
	for name, raw := range map[string]string{
		"null": `null`, "a word": `"yesterday"`, "an empty string": `""`, "true": `true`, "a list": `[1595096313000]`, "an object": `{}`,
		"zero": `0`, "negative": `-1595096313000`, "before 2000": `"1999-12-31T23:59:59Z"`, "after 2100": `4102444800000`,
		"microseconds": `1595096313000000`, "a huge number": `1e300`, "not a number": `"NaN"`, "infinite": `"Inf"`,
		"a day that isn't": `"2020-02-31"`, "hexadecimal": `"0x5f133c39"`, "nothing": ``,
	} {
		if got, ok := rawTime([]byte(raw)); ok {
			t.Errorf("%s: %s is read as %v", name, raw, got)
		}
	}
}

func FuzzRawTime(f *testing.F) {
	for _, seed := range []string{`1595096313000`, `"2020-07-18T18:21:10.6170000Z"`, `1607952165309.8032`, `"x"`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		if got, ok := rawTime(bytes.TrimSpace(raw)); !sane(got) || ok == got.IsZero() {
			t.Errorf("%s is read as %v, %v", raw, got, ok)
		}
	})
}

// The walk over raw JSON must see what encoding/json sees.
func FuzzWalkingAgreesWithTheStandardDecoder(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, ` { "a" : 1 , "b\u0041" : [ {"c":"]}\\\""} , 2.5e3 ] , "a" : null } `, `[[[]],{"x":{}},"\\",true]`, `"s"`, `1`,
		`{"data":[{"userName":"a\"b","lastSeen":1}],"hasNext":false}`, `{"\ud800":"\udead"}`, "{\"\xff\":\"\xfe\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) {
			return
		}
		got := map[string]json.RawMessage{}
		isObject := eachField(body, func(key, value []byte) { got[string(key)] = value })
		if !utf8.Valid(body) {
			return // keys differ in what stands for a broken character
		}
		var want map[string]json.RawMessage
		if isNullBody := string(bytes.TrimSpace(body)) == "null"; (json.Unmarshal(body, &want) == nil && !isNullBody) != isObject {
			t.Fatalf("%q: object %v", body, isObject)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: fields %v, want %v", body, got, want)
		}
		for key, value := range want {
			if !bytes.Equal(bytes.TrimSpace(got[key]), bytes.TrimSpace(value)) {
				t.Errorf("%q: field %q is %q, want %q", body, key, got[key], value)
			}
			if s, ok := rawString(got[key]); ok {
				var std string
				if json.Unmarshal(value, &std) != nil || std != s {
					t.Errorf("string %q, want %q", s, std)
				}
			}
		}
		var items, wantItems []json.RawMessage
		if eachItem(body, func(item []byte) { items = append(items, item) }) {
			if err := json.Unmarshal(body, &wantItems); err != nil || len(items) != len(wantItems) {
				t.Fatalf("%q: %d items, want %d (%v)", body, len(items), len(wantItems), err)
			}
			for i := range items {
				if !bytes.Equal(items[i], wantItems[i]) {
					t.Errorf("%q: item %q, want %q", body, items[i], wantItems[i])
				}
			}
		}
	})
}

// sane reports whether a time is none or lies in this century.
func sane(t time.Time) bool { return t.IsZero() || t.Year() >= 2000 && t.Year() < 2100 }
