package schemas

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"defendersync/internal/envelope"
	"defendersync/internal/reporting/sheet"
)

type colour string

type thing struct {
	part
	Name  string            `json:"name"` // of the thing
	Took  *envelope.Seconds `json:"tookSeconds,omitempty"`
	Ended envelope.Time     `json:"ended,omitzero"`
	Parts []part            `json:"parts"`
}

type part struct {
	Colour colour `json:"colour"`
}

func folderOf(t *testing.T, d Document) *Folder {
	t.Helper()
	g := &Generator{Enums: map[reflect.Type][]string{reflect.TypeFor[colour](): {"red", "green"}}}
	text, err := g.Make(d)
	if err != nil {
		t.Fatal(err)
	}
	return &Folder{Files: fstest.MapFS{d.Kind + Extension: {Data: text}}}
}

func TestADocumentIsHeldAgainstItsType(t *testing.T) {
	f := folderOf(t, Document{Kind: "thing", Integration: true, Data: thing{}})
	head := `{"kind":"thing","version":1,"generatedAt":"2026-11-27T12:00:00Z","data":`
	for text, right := range map[string]bool{
		head + `{"name":"a","colour":"red","parts":[]}}`:                                                     true,
		head + `{"name":"a","colour":"red","parts":[{"colour":"green"}],"tookSeconds":1.5}}`:                 true,
		head + `{"name":"a","colour":"red","parts":[],"ended":"2026-11-27T12:00:00Z"}}`:                      true,
		head + `{"name":"a","colour":"red","parts":[]}} ` + head + `{"name":"a","colour":"red","parts":[]}}`: true,
		head + `{"name":"a","colour":"blue","parts":[]}}`:                                                    false,
		head + `{"name":"a","colour":"red","parts":null}}`:                                                   false,
		head + `{"name":"a","colour":"red"}}`:                                                                false,
		head + `{"name":"a","colour":"red","parts":[],"tookSeconds":"1s"}}`:                                  false,
		head + `{"name":"a","colour":"red","parts":[],"ended":"2026-11-27T13:00:00+01:00"}}`:                 false,
		head + `{"name":"a","colour":"red","parts":[],"ended":"yesterday"}}`:                                 false,
		head + `{"name":"a","colour":"red","parts":[],"more":1}}`:                                            false,
		strings.Replace(head, "thing", "other", 1) + `{"name":"a","colour":"red","parts":[]}}`:               false,
		`{"data":1}`: false,
		head:         false,
		"":           false,
	} {
		if err := f.CheckDocuments(text); (err == nil) != right {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := f.CheckDocuments(head + "1"); !errors.Is(err, ErrCutOff) {
		t.Errorf("what is cut off is %v", err)
	}
	if !f.HasMet("thing") || f.HasMet("nothing") {
		t.Error("it does not know what it has met")
	}
}

func TestRowsOfATableHaveAnyOfItsColumns(t *testing.T) {
	f := folderOf(t, Document{Kind: "rows", Table: []TableForm{
		{{Key: "name"}, {Key: "users", Kind: sheet.Number}, {Key: "seen", Kind: sheet.Time}, {Key: "day", Kind: sheet.Date}, {Key: "on", Kind: sheet.Bool}, {Key: "page", Kind: sheet.Page}}, {{Key: "name"}},
	}})
	doc := func(row string) string {
		return `{"kind":"rows","version":1,"generatedAt":"2026-11-27T12:00:00Z","title":"Rows","about":[{"name":"a","value":"b"}],"data":[` + row + `],"count":1}`
	}
	for row, right := range map[string]bool{
		`{"name":"a"}`: true, `{"users":1.5,"name":null}`: true, `{"seen":"2026-11-27T12:00:00Z","day":"2026-11-27","on":true,"page":"https://a.example/"}`: true,
		`{}`: false, `{"users":"1"}`: false, `{"seen":"2026-11-27 12:00"}`: false, `{"day":"27.11.2026"}`: false, `{"on":"yes"}`: false, `{"other":1}`: false, `[]`: false,
	} {
		if err := f.CheckDocuments(doc(row)); (err == nil) != right {
			t.Errorf("%s: %v", row, err)
		}
	}
}

func TestATypeThatBreaksTheConventionHasNoSchema(t *testing.T) {
	type (
		aTime struct {
			At time.Time `json:"at"`
		}
		aDuration struct {
			Took time.Duration `json:"took"`
		}
		unnamedSeconds struct {
			Took envelope.Seconds `json:"took"`
		}
		noSeconds struct {
			Took int `json:"tookSeconds"`
		}
		snake struct {
			Took int `json:"took_ms"`
		}
		untagged struct{ Took int }
		function struct {
			Took func() `json:"took"`
		}
	)
	for what, data := range map[string]any{
		"time.Time: use envelope.Time": aTime{}, "time.Duration: use": aDuration{}, "took is a duration in a key": unnamedSeconds{}, "the other way round": noSeconds{},
		"not camelCase": snake{}, `key ""`: untagged{}, "func()": function{}, "without a name": struct{}{},
	} {
		g := &Generator{}
		_, err := g.Make(Document{Kind: "odd", Fields: []Field{{Name: "held", Value: data}}, Data: part{}})
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	clash := []TableForm{{{Key: "a", Kind: sheet.Number}}, {{Key: "a"}}}
	if _, err := (&Generator{}).Make(Document{Kind: "odd", Table: clash}); err == nil {
		t.Error("a column that is two things has a schema")
	}
}

func TestCommentsOfFieldsAreFound(t *testing.T) {
	c, err := ReadComments(".")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.find(reflect.TypeFor[Document](), "Says"); got != "what it is, in a sentence" {
		t.Errorf("found %q", got)
	}
}
