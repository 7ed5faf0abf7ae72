package defender

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
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
		"milliseconds":                   {`1595096313000`, "2020-07-18T18:18:33Z"},
		"fractions of milliseconds":      {`1607952165309.8032`, "2020-12-14T13:22:45.309803Z"},
		"milliseconds as a float":        {`1595096313000.0`, "2020-07-18T18:18:33Z"},
		"milliseconds with an exponent":  {`1.595096313e12`, "2020-07-18T18:18:33Z"},
		"milliseconds in a string":       {`"1595096313000"`, "2020-07-18T18:18:33Z"},
		"seconds":                        {`1595096313`, "2020-07-18T18:18:33Z"},
		"fractions of seconds":           {`1595096313.5`, "2020-07-18T18:18:33.5Z"},
		"seconds in a string":            {`" 1595096313 "`, "2020-07-18T18:18:33Z"},
		"no digits after the second":     {`"2020-07-19T06:59:24Z"`, "2020-07-19T06:59:24Z"},
		"three digits":                   {`"2020-12-16T17:23:40.687Z"`, "2020-12-16T17:23:40.687Z"},
		"six digits":                     {`"2016-05-13T20:23:47.210000Z"`, "2016-05-13T20:23:47.21Z"},
		"seven digits":                   {`"2020-07-18T18:21:10.6170000Z"`, "2020-07-18T18:21:10.617Z"},
		"another zone":                   {`"2020-07-18T18:21:10+02:00"`, "2020-07-18T16:21:10Z"},
		"no zone is UTC":                 {`"2020-07-18T18:21:10.5"`, "2020-07-18T18:21:10.5Z"},
		"a blank for the T":              {`"2020-07-18 18:21:10"`, "2020-07-18T18:21:10Z"},
		"the day alone":                  {`"2020-07-18"`, "2020-07-18T00:00:00Z"},
		"zone without a colon":           {`"2026-11-24T18:21:10.617+0000"`, "2026-11-24T18:21:10.617Z"},
		"zone west of Greenwich":         {`"2026-11-24T18:21:10-0530"`, "2026-11-24T23:51:10Z"},
		"zone of two digits":             {`"2026-11-24T18:21:10+02"`, "2026-11-24T16:21:10Z"},
		"zone after a blank":             {`"2026-11-24 18:21:10 +0200"`, "2026-11-24T16:21:10Z"},
		"a true minus":                   {`"2026-11-24T18:21:10−02:00"`, "2026-11-24T20:21:10Z"},
		"UTC by its name":                {`"2026-11-24 18:21:10 UTC"`, "2026-11-24T18:21:10Z"},
		"UTC and a place":                {`"2026-11-24T18:21:10+01:00[Europe/Berlin]"`, "2026-11-24T17:21:10Z"},
		"small letters":                  {`"2026-11-24t18:21:10z"`, "2026-11-24T18:21:10Z"},
		"a comma for the point":          {`"2026-11-24T18:21:10,617Z"`, "2026-11-24T18:21:10.617Z"},
		"twelve digits":                  {`"2026-11-24T18:21:10.617000000123Z"`, "2026-11-24T18:21:10.617Z"},
		"no seconds":                     {`"2026-11-24T18:21Z"`, "2026-11-24T18:21:00Z"},
		"year first with slashes":        {`"2026/11/24 18:21:10"`, "2026-11-24T18:21:10Z"},
		"year first with points":         {`"2026.11.24"`, "2026-11-24T00:00:00Z"},
		"half of the day":                {`"2026-11-24 06:21:10 PM"`, "2026-11-24T18:21:10Z"},
		"midnight in halves":             {`"2026-11-24 12:00:00 AM"`, "2026-11-24T00:00:00Z"},
		"the end of a day":               {`"2026-11-24T24:00:00Z"`, "2026-11-25T00:00:00Z"},
		"a leap second":                  {`"2016-12-31T23:59:60Z"`, "2016-12-31T23:59:59Z"},
		"no separators":                  {`"20261124T182110Z"`, "2026-11-24T18:21:10Z"},
		"no separators at all":           {`"20261124182110"`, "2026-11-24T18:21:10Z"},
		"no separators, day alone":       {`"20261124"`, "2026-11-24T00:00:00Z"},
		"RFC 1123":                       {`"Tue, 24 Nov 2026 18:21:10 GMT"`, "2026-11-24T18:21:10Z"},
		"RFC 1123 with a zone":           {`"Tue, 24 Nov 2026 18:21:10 +0100"`, "2026-11-24T17:21:10Z"},
		"RFC 850":                        {`"Tuesday, 24-Nov-26 18:21:10 UTC"`, "2026-11-24T18:21:10Z"},
		"ANSI C":                         {`"Tue Nov 24 18:21:10 2026"`, "2026-11-24T18:21:10Z"},
		"a log's form":                   {`"Nov 24, 2026 @ 18:21:10.617"`, "2026-11-24T18:21:10.617Z"},
		"people's form":                  {`"Nov 24, 2026 6:21:10 PM"`, "2026-11-24T18:21:10Z"},
		"the month as a word":            {`"24 November 2026"`, "2026-11-24T00:00:00Z"},
		"a database's form":              {`"24-Nov-2026 18:21:10"`, "2026-11-24T18:21:10Z"},
		"a day beyond 12 first":          {`"24/11/2026 18:21:10"`, "2026-11-24T18:21:10Z"},
		"a day beyond 12 second":         {`"11/24/2026 6:21 PM"`, "2026-11-24T18:21:00Z"},
		"day and month alike":            {`"11.11.2026"`, "2026-11-11T00:00:00Z"},
		"in JSON of ASP.NET":             {`"/Date(1595096313000)/"`, "2020-07-18T18:18:33Z"},
		"in it, escaped and with zone":   {`"\\/Date(1595096313000+0200)\\/"`, "2020-07-18T18:18:33Z"},
		"as JavaScript":                  {`"new Date(1595096313000)"`, "2020-07-18T18:18:33Z"},
		"microseconds":                   {`1595096313000000`, "2020-07-18T18:18:33Z"},
		"nanoseconds":                    {`1595096313000000000`, "2020-07-18T18:18:33Z"},
		"nanoseconds in a string":        {`"1595096313000000000"`, "2020-07-18T18:18:33Z"},
		"microseconds as a float":        {`1.595096313e15`, "2020-07-18T18:18:33Z"},
		"ticks of .NET":                  {`637306931130000000`, "2020-07-18T18:18:33Z"},
		"ticks of Windows":               {`"132395699130000000"`, "2020-07-18T18:18:33Z"},
		"in an object":                   {`{"$date":"2020-07-18T18:18:33Z"}`, "2020-07-18T18:18:33Z"},
		"deep in an object":              {`{"$date":{"$numberLong":"1595096313000"}}`, "2020-07-18T18:18:33Z"},
		"with its zone beside":           {`{"dateTime":"2020-07-18T18:18:33.0000000","timeZone":"UTC"}`, "2020-07-18T18:18:33Z"},
		"seconds in an object":           {`{"seconds":1595096313,"nanos":0}`, "2020-07-18T18:18:33Z"},
		"with a byte order mark":         {`"\ufeff2020-07-18T18:18:33Z\u200b"`, "2020-07-18T18:18:33Z"},
		"as Go prints it":                {`"2026-11-24 18:21:10.617123 +0100 CET"`, "2026-11-24T17:21:10.617123Z"},
		"the same without a zone's name": {`"2026-11-24 18:21:10 +0000 +0000"`, "2026-11-24T18:21:10Z"},
		"an offset by name":              {`"2026-11-24 18:21:10 GMT+0100"`, "2026-11-24T17:21:10Z"},
		"as a browser prints it":         {`"Tue Nov 24 2026 19:21:10 GMT+0100 (Central European Standard Time)"`, "2026-11-24T18:21:10Z"},
		"with a browser's narrow blank":  {`"11/24/2026, 6:21:10\u202fPM"`, "2026-11-24T18:21:10Z"},
		"the month with it":              {`"Nov 24, 2026, 6:21\u202fPM"`, "2026-11-24T18:21:00Z"},
		"a mail's date":                  {`"Tue, 24 Nov 2026 18:21:10 -0500 (EST)"`, "2026-11-24T23:21:10Z"},
		"an access log's":                {`"24/Nov/2026:18:21:10 +0100"`, "2026-11-24T17:21:10Z"},
		"digits as a number":             {`20261124182110`, "2026-11-24T18:21:10Z"},
		"wide digits":                    {`"２０２６-１１-２４"`, "2026-11-24T00:00:00Z"},
		"an OData literal":               {`"datetime'2026-11-24T18:21:10'"`, "2026-11-24T18:21:10Z"},
		"an escaped string":              {`"2020-07-18T18\u003a21:10Z"`, "2020-07-18T18:21:10Z"},
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
		"a huge number": `1e300`, "not a number": `"NaN"`, "infinite": `"Inf"`,
		"month or day": `"03/04/2026"`, "day or month": `"3.4.2026 18:21"`, "a year of two digits": `"11/24/26"`, "a zone of several": `"Tue, 24 Nov 2026 18:21:10 EST"`,
		"another such zone": `"2026-11-24 18:21:10 CST"`, "a wrong weekday": `"Mon, 24 Nov 2026 18:21:10 GMT"`, "a zone beside that isn't UTC": `{"dateTime":"2020-07-18T18:18:33","timeZone":"Pacific Standard Time"}`,
		"a letter for a sign": `"2026-11-24T18:21:10 B02"`, "a digit for a sign": `"2026-11-24 100"`, "a local zone without an offset": `"2026-11-24 18:21:10 (EST)"`,
		"a year": `"2026"`, "a month": `"2026-11"`, "a clock": `"18:21:10"`, "a week": `"2026-W48-2"`, "hour 25": `"2026-11-24T25:00:00Z"`, "minute 61": `"2026-11-24T18:61:00Z"`,
		"second 75": `"2026-11-24T18:21:75Z"`, "past the end of a day": `"2026-11-24T24:00:01Z"`, "hour 13 PM": `"2026-11-24 13:00:00 PM"`, "month 13": `"2026-13-01"`, "an offset beyond the earth": `"2026-11-24T18:21:10+25:00"`,
		"a relative one": `"2 days ago"`, "days of a spreadsheet": `46350.76`, "an object without": `{"day":1}`, "objects too deep": `{"$date":{"$date":{"$date":{"$date":1595096313000}}}}`,
		"a long text": `"2026-11-24` + strings.Repeat(" ", 200) + `x"`, "an underscore": `"1_595_096_313"`, "30 February": `"30 Feb 2026"`,
		"a day that isn't": `"2020-02-31"`, "hexadecimal": `"0x5f133c39"`, "nothing": ``,
	} {
		if got, ok := rawTime([]byte(raw)); ok {
			t.Errorf("%s: %s is read as %v", name, raw, got)
		}
	}
}

func TestATimeThatCannotBeToldSaysWhy(t *testing.T) {
	for raw, want := range map[string]string{
		`"03/04/2026"`: badAmbiguous, `"Tue, 24 Nov 2026 18:21:10 EST"`: badZone, `"soon"`: badTime, `{"dateTime":"2020-07-18T18:18:33","timeZone":"CST"}`: badZone,
	} {
		if _, got := readTime([]byte(raw)); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestAnAppThatWasNeverSeenHasNoTime(t *testing.T) {
	for _, raw := range []string{`0`, `""`, `"0001-01-01T00:00:00"`, `"0001-01-01T00:00:00Z"`, `"1970-01-01T00:00:00Z"`, `"1601-01-01T00:00:00Z"`, `"/Date(-62135596800000)/"`, `"0"`, `"never"`, `"1/1/0001 12:00:00 AM"`, `-62135596800000`} {
		page, err := decodedApps(`{"appId":1,"name":"x","lastSeen":`+raw+`}`, contract.Dialect{})
		if err != nil || len(page.Apps) != 1 || !page.Apps[0].LastActivity.IsZero() {
			t.Errorf("%s: %+v, %v", raw, page, err)
		}
	}
}

func FuzzRawTime(f *testing.F) {
	for _, seed := range []string{`1595096313000`, `"2020-07-18T18:21:10.6170000Z"`, `1607952165309.8032`, `"x"`, `null`,
		`"2026-11-24T18:21:10.617+0000"`, `"2026-11-24 06:21:10,5 PM UTC"`, `"/Date(1595096313000-0700)/"`, `637306931130000000`, `{"$date":{"$numberLong":"1"}}`,
		`"Tue, 24 Nov 2026 18:21:10 GMT"`, `"24/11/2026"`, `"20261124182110"`, `1.5e15`, `"2026-11-24T24:00:00−14:00[X]"`, `{"seconds":1595096313}`} {
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

// sane reports whether a time is none or lies in this century.
func sane(t time.Time) bool { return t.IsZero() || t.Year() >= 2000 && t.Year() < 2100 }
