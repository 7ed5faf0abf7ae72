package defender

import (
	"strings"
	"testing"

	"defendersync/internal/httpx"
)

func TestWhetherThereIsMoreIsHasNextsToSay(t *testing.T) {
	full := userRows(0, 100)
	for name, tc := range map[string]struct {
		body string
		skip int
		next int
	}{
		"more":                                     {list(full, `,"hasNext":true,"total":250`), 100, 200},
		"no more, though total says so":            {list(full, `,"hasNext":false,"total":9999`), 0, -1},
		"more, though total says otherwise":        {list(full, `,"hasNext":true,"total":5`), 0, 100},
		"more after a short page":                  {list(userRows(0, 7), `,"hasNext":true`), 0, 7},
		"missing after a full page":                {list(full, ``), 0, 100},
		"null after a full page":                   {list(full, `,"hasNext":null`), 0, 100},
		"missing after a short page":               {list(userRows(0, 99), `,"total":9999`), 0, -1},
		"missing, and pages are smaller":           {list(userRows(0, 50), `,"max":50`), 50, 100},
		"missing, and the server is generous":      {list(userRows(0, 120), `,"max":500`), 0, 120},
		"an empty page":                            {list(``, `,"hasNext":false,"total":0`), 300, -1},
		"an empty page, and yet there is more":     {list(``, `,"hasNext":true`), 100, -1},
		"an empty page without hasNext":            {list(``, ``), 0, -1},
		"the list alone":                           {`[` + full + `]`, 0, 100},
		"other keys, and keys that differ by case": {`{"Data":1,"HASNEXT":true,"hasNext":false,"moreThanTotal":false,"data":[` + userRows(0, 1) + `]}`, 0, -1},
	} {
		t.Run(name, func(t *testing.T) {
			env, err := openEnvelope("read", &httpx.Answer{Status: 200, Body: []byte(tc.body)}, tc.skip)
			if err != nil || env.next != tc.next {
				t.Errorf("next %d, error %v; want %d", env.next, err, tc.next)
			}
		})
	}
}

func TestAnAnswerThatContradictsItselfIsABadAnswer(t *testing.T) {
	for name, tc := range map[string]struct{ body, says string }{
		"data missing":            {`{"hasNext":false,"rows":[]}`, "keys seen: hasNext, rows"},
		"data null":               {`{"data":null,"hasNext":false}`, "no list"},
		"data of another type":    {`{"data":{"0":{}}}`, "no list"},
		"hasNext of another type": {`{"data":[],"hasNext":"yes"}`, "hasNext"},
		"cut off":                 {`{"data":[{"userName":"alice`, "cut off"},
		"an error in a 200":       {`{"error":{"message":"try later"},"data":null}`, "try later"},
		"a list of names":         {`{"users":["alice@contoso.com"]}`, "keys seen: users"},
		"empty":                   {``, "cut off"},
		"a number":                {`17`, "no list"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := openEnvelope("read", &httpx.Answer{Status: 200, Body: []byte(tc.body)}, 0)
			wantError(t, err, httpx.KindBadAnswer, tc.says)
		})
	}
}

func TestTotalIsKeptWhereItMakesSense(t *testing.T) {
	for rest, want := range map[string]int{`,"total":4312`: 4312, `,"total":"17"`: 17, `,"total":-1`: -1, `,"total":null`: -1, `,"total":1.5`: -1, ``: -1} {
		env, err := openEnvelope("read", &httpx.Answer{Body: []byte(list("", rest))}, 0)
		if err != nil || env.total != want {
			t.Errorf("%s: %d, %v; want %d", rest, env.total, err, want)
		}
	}
}

func TestKeysInAnErrorAreBounded(t *testing.T) {
	keys := map[string]bool{strings.Repeat("k", 500): true}
	for i := range 200 {
		keys[strings.Repeat("a", i+1)] = true
	}
	if got := showKeys(keys); len(got) > 30*50 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzOpenEnvelope(f *testing.F) {
	for _, seed := range []string{list(userRows(0, 2), `,"hasNext":true,"total":7,"max":100`), `[]`, `{"data":null}`, `{"data":[1,null,{}],"hasNext":null}`, `{"max":1e300,"total":"x","data":[]}`,
		`{"data":[{"a":1}],"data":[],"hasNext":true,"hasNext":false}`, `{"data":[{"userName":"a","userName":"b"}]}`} {
		f.Add([]byte(seed), 0)
	}
	f.Fuzz(func(t *testing.T, body []byte, skip int) {
		skip = int(uint16(skip))
		env, err := openEnvelope("read", &httpx.Answer{Body: body}, skip)
		if err != nil {
			return
		}
		if env.next != -1 && env.next <= skip {
			t.Errorf("next %d after %d: the list would never end", env.next, skip)
		}
		if env.total < -1 {
			t.Errorf("total %d", env.total)
		}
	})
}
