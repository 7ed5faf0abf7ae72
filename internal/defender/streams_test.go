package defender

import (
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/httpx"
)

const (
	globalView = `{"_id":"57869acdb4b3d5154f095af7","displayName":"Global View","streamType":3,"logType":0,"anonymizeUsers":false,
		"lastDataReceived":"2026-11-22T05:58:10.908Z","lastAlertProcessingTime":1609853011480,"supportedEntityTypes":[1,2]}`
	endpoints = `{"_id":"5c46d9e893b4c1fa3af92dc9","displayName":"Defender-managed endpoints","streamType":1,"builtInStreamType":1,
		"logType":195,"anonymizeUsers":true,"supportedEntityTypes":[1,2,3]}`
)

func TestStreamsAreReadInEveryWrapper(t *testing.T) {
	for name, body := range map[string]string{
		"streams":                 `{"streams":[` + globalView + `,` + endpoints + `]}`,
		"data":                    `{"total":2,"data":[` + globalView + `,` + endpoints + `]}`,
		"a bare list":             ` [` + globalView + `,` + endpoints + `]`,
		"a row that is no stream": `{"streams":[null,{"displayName":"no id"},` + globalView + `,` + endpoints + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t, always(200, body))
			tn.header.Set("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
			got, err := tn.client().Streams(t.Context())
			if err != nil || len(got.Streams) != 2 {
				t.Fatalf("%+v, %v", got, err)
			}
			first, second := got.Streams[0], got.Streams[1]
			if first.ID != "57869acdb4b3d5154f095af7" || first.Name != "Global View" || first.Type != 3 || first.AnonymizeUsers ||
				!slices.Equal(first.EntityTypes, []int{1, 2}) || !first.LastData.Equal(time.Date(2026, 11, 22, 5, 58, 10, 908e6, time.UTC)) {
				t.Errorf("%+v", first)
			}
			if second.Type != 1 || second.LogType != 195 || !second.AnonymizeUsers || !second.LastData.IsZero() {
				t.Errorf("%+v", second)
			}
			if want := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC); !got.Date.Equal(want) {
				t.Errorf("date %v", got.Date)
			}
		})
	}
}

func TestTheDocumentationsBareStreamIsAList(t *testing.T) {
	got, err := newTenant(t, always(200, globalView)).client().Streams(t.Context())
	if err != nil || len(got.Streams) != 1 || got.Streams[0].Name != "Global View" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestStreamsOfAnUnknownShapeAreAnErrorThatShowsTheKeys(t *testing.T) {
	for name, tc := range map[string]struct{ body, says string }{
		"rows without an id": {`{"streams":[{"label":"x","ref":7}]}`, "label, ref"},
		"another wrapper":    {`{"reports":[` + globalView + `]}`, "reports"},
		"a string":           {`"none"`, "keys seen: none"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newTenant(t, always(200, tc.body)).client().Streams(t.Context())
			wantError(t, err, httpx.KindContract, tc.says)
		})
	}
}

func TestStreamsThatAreCutOffAreABadAnswer(t *testing.T) {
	_, err := newTenant(t, always(200, `{"streams":[`)).client().Streams(t.Context())
	wantError(t, err, httpx.KindBadAnswer)
}

func TestTheSecondPathOfStreamsIsFoundAndRemembered(t *testing.T) {
	tn := newTenant(t, byPath(map[string]string{"/cas/api/discovery/streams/": `{"streams":[` + globalView + `]}`}))
	c := tn.client()
	for range 2 {
		if _, err := c.Streams(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"GET /api/discovery/streams/", "GET /cas/api/discovery/streams/", "GET /cas/api/discovery/streams/"}
	if got := tn.paths(); !slices.Equal(got, want) {
		t.Errorf("asked %v", got)
	}
}

func TestAStreamIsUsableWhenItLivesAndKnowsUsers(t *testing.T) {
	for name, tc := range map[string]struct {
		s    Stream
		want bool
	}{
		"a view":                  {Stream{Type: 3, EntityTypes: []int{1, 2}}, true},
		"entities not told":       {Stream{Type: 1}, true},
		"anonymised all the same": {Stream{Type: 1, AnonymizeUsers: true}, true},
		"a snapshot":              {Stream{Type: 5, EntityTypes: []int{1}}, false},
		"no users":                {Stream{Type: 1, EntityTypes: []int{2, 3}}, false},
	} {
		if ok, reason := tc.s.Usable(); ok != tc.want || ok != (reason == "") {
			t.Errorf("%s: %v, %q", name, ok, reason)
		}
	}
	got, err := decodeStreams("", []byte(`[{"_id":"a","displayName":"Upload","streamType":1,"snapshotData":true}]`))
	if err != nil || got[0].Type != streamSnapshot {
		t.Errorf("a stream of snapshot data: %+v, %v", got, err)
	}
}

func TestChoose(t *testing.T) {
	streams := []Stream{
		{ID: "1a", Name: "Global View", Type: 3}, {ID: "2b", Name: "Defender-managed endpoints", Type: 1, AnonymizeUsers: true},
		{ID: "3c", Name: "Old upload", Type: 5}, {ID: "4d", Name: "Firewall", EntityTypes: []int{2}}, {ID: "5e", Name: "global view", Type: 3},
	}
	for name, tc := range map[string]struct {
		wanted   []string
		chosen   string
		warnings int
	}{
		"all usable by default":           {nil, "1a 2b 5e", 1},
		"by name, whatever its case":      {[]string{" DEFENDER-managed endpoints"}, "2b", 1},
		"by id":                           {[]string{"1a"}, "1a", 0},
		"a name of several means all":     {[]string{"Global View"}, "1a 5e", 0},
		"named twice is read once":        {[]string{"1a", "global view"}, "1a 5e", 0},
		"in the order they are asked for": {[]string{"2b", "1a"}, "2b 1a", 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, warnings, err := Choose(streams, tc.wanted)
			var ids []string
			for _, s := range got {
				ids = append(ids, s.ID)
			}
			if err != nil || strings.Join(ids, " ") != tc.chosen || len(warnings) != tc.warnings {
				t.Errorf("chosen %v, warnings %v, error %v", ids, warnings, err)
			}
		})
	}
	for name, tc := range map[string]struct {
		streams []Stream
		wanted  []string
		says    []string
	}{
		"a stream that isn't there": {streams, []string{"1a", "Nowhere"}, []string{`"Nowhere"`, `"Global View" (1a)`, "Firewall"}},
		"a snapshot":                {streams, []string{"old upload"}, []string{"snapshot", "DEFENDER_STREAMS"}},
		"one without users":         {streams, []string{"4d"}, []string{"no users"}},
		"nothing usable":            {streams[2:4], nil, []string{"no stream that tells users", "Old upload"}},
		"nothing at all":            {nil, nil, []string{"set up Cloud Discovery"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Choose(tc.streams, tc.wanted)
			wantError(t, err, httpx.KindConfig, tc.says...)
		})
	}
}

func FuzzDecodeStreams(f *testing.F) {
	for _, seed := range []string{globalView, `{"streams":[` + endpoints + `]}`, `[null,1,"x",{}]`, `{"data":null}`, `{"streams":[{"_id":"a","displayName":"b","supportedEntityTypes":[1.5,"1",null]}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		streams, err := decodeStreams("list", body)
		if err != nil && len(streams) > 0 {
			t.Errorf("streams beside an error: %v", err)
		}
		for _, s := range streams {
			if isBlank(s.ID) || isBlank(s.Name) {
				t.Errorf("%+v", s)
			}
		}
	})
}
