package saved

import (
	"reflect"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/query"
)

func TestAValueIsTextOfItsKindOrRefused(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		kind  kind
		want  string
		ok    bool
	}{
		"a text":                        {"cn", text, "cn", true},
		"a list of texts":               {[]any{"cn", " ru "}, text, "cn,ru", true},
		"a list of something else":      {[]any{"cn", int64(1)}, text, "cn,", false},
		"a number for a text":           {int64(3), text, "3", false},
		"a number":                      {int64(-3), whole, "-3", true},
		"a text for a number":           {"3", whole, "3", false},
		"a fraction for a number":       {1.5, whole, "", false},
		"a number for ids":              {int64(25), ids, "25", true},
		"a text for ids":                {"3,25", ids, "3,25", true},
		"a list for ids":                {[]any{"3", "25"}, ids, "3,25", true},
		"a flag for ids":                {true, ids, "true", false},
		"a flag":                        {true, flag, "true", true},
		"a flag that is off":            {false, flag, "false", true},
		"a flag for a number":           {true, whole, "true", false},
		"a text for a flag":             {"true", flag, "true", false},
		"a table":                       {map[string]any{}, text, "", false},
		"an empty list, which is given": {[]any{}, text, "", true},
	} {
		if got, ok := valueOf(c.value, c.kind); ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %q, %v, want %q, %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestFiltersBecomeOptions(t *testing.T) {
	o, err := fillOptions(map[string]string{"top": "3", "unsanctioned": "true", "sanctioned": "false", "category": "a,b", "active-from": "record"}, appKeys())
	want := query.AppsOptions{Top: 3, Unsanctioned: true, Category: "a,b", ActiveFrom: query.FromRecord}
	if err != nil || !reflect.DeepEqual(o, want) {
		t.Errorf("got %+v, %v", o, err)
	}
	if _, err := fillOptions(map[string]string{"top": "many"}, appKeys()); err == nil || !strings.Contains(err.Error(), `top "many": use a whole number`) {
		t.Errorf("got %v", err)
	}
	if _, err := fillOptions(map[string]string{"live": "true", "owner": "x"}, userKeys()); err == nil || !strings.Contains(err.Error(), "owner: ") {
		t.Errorf("got %v", err)
	}
}

func TestEveryFilterIsAnOptionOfItsQuestion(t *testing.T) {
	for _, question := range []string{contract.QuestionApps, contract.QuestionWebsites, contract.QuestionUsers} {
		values := map[kind]string{text: "x", whole: "7", flag: yes, ids: "7"}
		for name, k := range kindsOfQuestion(question) {
			with := contract.Report{Question: question, Filters: map[string]string{name: values[k]}}
			q, err := questionOf(with)
			without, _ := questionOf(contract.Report{Question: question})
			if name == "domains" { // on by default
				with.Filters[name] = no
				q, err = questionOf(with)
			}
			if err != nil || reflect.DeepEqual(q, without) {
				t.Errorf("%s, %s: %v, and the options are %+v as without it", question, name, err, q)
			}
		}
	}
	if kindsOfQuestion("people") != nil {
		t.Error("a question that there is not has filters")
	}
}

func TestNothingOfAFileIsRepeatedButKeys(t *testing.T) {
	for message, want := range map[string]string{
		`expected value but found "hunter2" instead`: `expected value but found something else instead`,
		`expected '=' but got 'secret text'`:         `expected '=' but got something else`,
		`Key 'top' has already been defined.`:        `Key 'top' has already been defined.`,
		`invalid character "x"`:                      `invalid character "x"`,
	} {
		if got := withoutValues(message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
