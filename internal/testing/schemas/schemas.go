// Package schemas makes the JSON Schemas of docs/schemas out of the Go types that
// commands print, and holds what they print against them.
//
// A schema says what this version of a program prints, and nothing else: no further keys,
// no null where a value may be absent. Descriptions are the comments of the types'
// fields, so that there is one place to keep.
package schemas

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"defendersync/internal/envelope"
	"defendersync/internal/reporting/sheet"
)

// Document describes what is printed as one kind of document.
type Document struct {
	Kind        string
	Version     int         // 0: 1
	Says        string      // what it is, in a sentence
	Integration bool        // it may name an integration
	Fields      []Field     // further members beside data
	Data        any         // a value of the type of data; of a list, of its elements
	List        bool        // data is a list
	Optional    []Field     // members that may be absent
	Table       []TableForm // in place of Data: the columns that its rows may have
	Lists       []ListForm  // in place of Data: the lists that it has
}

// ListForm is one of several lists that data has.
type ListForm struct {
	Key string
	TableForm
}

// Field is a member of a document beside data, with a value of its type.
type Field struct {
	Name  string
	Value any
	Says  string
}

// TableForm is a set of columns of a table.
type TableForm []sheet.Column

// Generator makes schemas of Go types.
type Generator struct {
	Comments Comments
	Enums    map[reflect.Type][]string // the values of types that have few

	defs object
	made map[string]reflect.Type // the types of defs
}

// camelCase is how every key is spelled.
var camelCase = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)

const (
	draft = "https://json-schema.org/draft/2020-12/schema"
	// timeForm is RFC 3339 in UTC and whole seconds.
	timeForm = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`
)

// Make makes the schema of a document.
func (g *Generator) Make(d Document) (text []byte, err error) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case misfit:
			err = fmt.Errorf("%s: %s", d.Kind, string(problem))
		default:
			panic(problem)
		}
	}()
	g.defs, g.made = nil, map[string]reflect.Type{}
	members := object{
		{"kind", object{{"const", d.Kind}}},
		{"version", object{{"const", max(d.Version, 1)}}},
		{"generatedAt", withDescription(timeSchema(), "when the document was made")},
	}
	required := []string{"kind", "version", "generatedAt"}
	if d.Integration {
		members = append(members, member{"integration", object{{"type", "string"}}})
	}
	add := func(f Field, needed bool) {
		members = append(members, member{f.Name, withDescription(g.ofType(reflect.TypeOf(f.Value)), f.Says)})
		if needed {
			required = append(required, f.Name)
		}
	}
	for _, f := range d.Fields {
		add(f, true)
	}
	for _, f := range d.Optional {
		add(f, false)
	}
	if d.Table != nil || d.Lists != nil {
		add(Field{"title", "", "what the rows are"}, true)
		add(Field{"about", []fact{}, "what was asked, in words for people"}, true)
	}
	data := object(nil)
	switch {
	case d.Lists != nil:
		data = ofLists(d.Lists, func(f ListForm) object {
			return object{{"type", "array"}, {"items", ofTable([]TableForm{f.TableForm})}}
		})
	case d.Table != nil:
		data = object{{"type", "array"}, {"items", ofTable(d.Table)}}
	case d.List:
		data = object{{"type", "array"}, {"items", g.ofType(reflect.TypeOf(d.Data))}}
	default:
		data = g.ofType(reflect.TypeOf(d.Data))
	}
	members = append(members, member{"data", data})
	required = append(required, "data")
	if d.Lists != nil {
		counts := ofLists(d.Lists, func(ListForm) object { return object{{"type", "integer"}, {"minimum", 0}} })
		members = append(members, member{"counts", withDescription(counts, "the number of elements of each list")})
		required = append(required, "counts")
	}
	if d.List || d.Table != nil {
		members = append(members, member{"count", withDescription(object{{"type", "integer"}, {"minimum", 0}}, "the number of elements of data")})
		required = append(required, "count")
	}
	schema := object{
		{"$schema", draft}, {"$id", "urn:defendersync:" + d.Kind + ":" + strconv.Itoa(max(d.Version, 1))}, {"title", d.Kind}, {"description", d.Says},
		{"type", "object"}, {"additionalProperties", false}, {"required", required}, {"properties", members},
	}
	if len(g.defs) > 0 {
		schema = append(schema, member{"$defs", g.defs})
	}
	return schema.indent()
}

// ofLists is the schema of an object that has something for each list.
func ofLists(lists []ListForm, of func(ListForm) object) object {
	var members object
	var required []string
	for _, f := range lists {
		checkKey(f.Key)
		members = append(members, member{f.Key, of(f)})
		required = append(required, f.Key)
	}
	return object{{"type", "object"}, {"additionalProperties", false}, {"required", required}, {"properties", members}}
}

// fact is what the JSON of a table tells about itself.
type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// misfit is what is wrong with a type that has no place in a document.
type misfit string

func timeSchema() object {
	return object{{"type", "string"}, {"format", "date-time"}, {"pattern", timeForm}}
}

// ofTable is the schema of the rows of a table. With --columns any of the columns may be
// missing.
func ofTable(forms []TableForm) object {
	var columns object
	kinds := map[string]sheet.Kind{}
	for _, form := range forms {
		for _, c := range form {
			checkKey(c.Key)
			at := columns.find(c.Key)
			if at < 0 {
				columns = append(columns, member{c.Key, withDescription(ofColumn(c), c.Title)})
				kinds[c.Key] = c.Kind
			} else if kinds[c.Key] != c.Kind {
				panic(misfit(c.Key + " is one thing here and another there"))
			}
		}
	}
	return object{{"type", "object"}, {"additionalProperties", false}, {"minProperties", 1}, {"properties", columns}}
}

func ofColumn(c sheet.Column) object {
	orNull := func(kind string) member { return member{"type", []string{kind, "null"}} }
	switch c.Kind {
	case sheet.Number:
		return object{orNull("number")}
	case sheet.Bool:
		return object{orNull("boolean")}
	case sheet.Time:
		return object{orNull("string"), {"format", "date-time"}, {"pattern", timeForm}}
	case sheet.Date:
		return object{orNull("string"), {"format", "date"}}
	case sheet.Page:
		return object{orNull("string"), {"format", "uri"}}
	}
	return object{orNull("string")}
}

// ofType is the schema of a type.
func (g *Generator) ofType(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[envelope.Time]():
		return timeSchema()
	case t == reflect.TypeFor[envelope.Seconds]():
		return object{{"type", "number"}}
	case t.PkgPath() == "time":
		panic(misfit(t.String() + ": use envelope.Time or envelope.Seconds"))
	case g.Enums[t] != nil:
		return object{{"enum", g.Enums[t]}}
	}
	switch t.Kind() {
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int64, reflect.Int32:
		return object{{"type", "integer"}}
	case reflect.Float64, reflect.Float32:
		return object{{"type", "number"}}
	case reflect.Pointer:
		return g.ofType(t.Elem())
	case reflect.Slice:
		return object{{"type", "array"}, {"items", g.ofType(t.Elem())}}
	case reflect.Map:
		return object{{"type", "object"}, {"additionalProperties", g.ofType(t.Elem())}}
	case reflect.Struct:
		return g.ofStruct(t)
	}
	panic(misfit("a value of type " + t.String()))
}

// ofStruct refers to the definition of a type, which it makes once.
func (g *Generator) ofStruct(t reflect.Type) object {
	if t.Name() == "" {
		panic(misfit("a struct without a name"))
	}
	name := strings.TrimSuffix(t.Name(), "JSON")
	name = strings.ToLower(name[:1]) + name[1:]
	reference := object{{"$ref", "#/$defs/" + name}}
	if known, ok := g.made[name]; ok {
		if known != t {
			panic(misfit(fmt.Sprintf("%s and %s have one name", known, t)))
		}
		return reference
	}
	g.made[name] = t
	g.defs = append(g.defs, member{name, object(nil)}) // its place, also for what refers to it
	var members object
	required := []string{}
	g.addFields(t, &members, &required)
	g.defs[g.defs.find(name)].value = object{
		{"type", "object"}, {"additionalProperties", false}, {"required", required}, {"properties", members},
	}
	return reference
}

// addFields adds the fields of a struct, and those of what it embeds.
func (g *Generator) addFields(t reflect.Type, members *object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		if f.Anonymous && !tagged {
			g.addFields(f.Type, members, required)
			continue
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		key, options, _ := strings.Cut(tag, ",")
		checkKey(key)
		base := f.Type
		if base.Kind() == reflect.Pointer {
			base = base.Elem()
		}
		if isSeconds := base == reflect.TypeFor[envelope.Seconds](); isSeconds != strings.HasSuffix(key, "Seconds") {
			panic(misfit(key + " is a duration in a key that does not end in Seconds, or the other way round"))
		}
		*members = append(*members, member{key, withDescription(g.ofType(f.Type), g.Comments.find(t, f.Name))})
		if !strings.Contains(options, "omit") {
			*required = append(*required, key)
		}
	}
}

func checkKey(key string) {
	if !camelCase.MatchString(key) {
		panic(misfit(fmt.Sprintf("the key %q is not camelCase", key)))
	}
}

func withDescription(schema object, text string) object {
	if text == "" {
		return schema
	}
	return append(schema, member{"description", text})
}
