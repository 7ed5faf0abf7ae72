package httpx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// JSON is read with jsontext, the syntactic half of encoding/json/v2. Its module is
// the mirror of the standard library's package of Go 1.27 for older versions of Go.
// Rows come by the ten thousand a second and most of each is of no interest, so they
// are taken apart in place.

// lenient says which slips of a peer don't cost a page: an object that repeats a name
// (the last one counts, or the caller decides), and a lone half of a surrogate pair,
// which reads as U+FFFD.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// ShapeError is the error of well-formed JSON of another type than was expected.
type ShapeError struct {
	Kind jsontext.Kind // what came
}

// Error names the type that came.
func (e ShapeError) Error() string {
	return fmt.Sprintf("the answer has a JSON %s where another type is expected", e.typeName())
}

func (e ShapeError) typeName() string {
	switch e.Kind {
	case jsontext.KindBeginObject:
		return "object"
	case jsontext.KindBeginArray:
		return "array"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "bool"
	}
	return e.Kind.String()
}

// IsJSON reports whether a text is one JSON value and nothing else.
func IsJSON(text []byte) bool { return jsontext.Value(text).IsValid(lenient) }

// EachField calls visit for every field of an object, in order, repeated names
// included. It reports false for what is no object. The text has to be JSON;
// name and value are parts of it and must not be changed.
func EachField(text []byte, visit func(name, value []byte)) bool {
	if !beginsWith(text, "{") {
		return false
	}
	err := ReadFields(text, visit)
	return err == nil
}

// EachItem does the same for every item of an array.
func EachItem(text []byte, visit func(item []byte)) bool {
	if !beginsWith(text, "[") {
		return false
	}
	err := ReadItems(text, func(item []byte) error { visit(item); return nil })
	return err == nil
}

// ReadFields is EachField for a text that may be anything. The error is a
// ShapeError where it is another type than an object, and else one of jsontext
// that says where the text is no JSON; visit may have been called before.
func ReadFields(text []byte, visit func(name, value []byte)) error {
	r := newReader(text)
	defer r.releaseReader()
	if err := r.openValue(jsontext.KindBeginObject); err != nil {
		return err
	}
	for r.PeekKind() != jsontext.KindEndObject {
		name, err := r.ReadValue()
		if err != nil {
			return err
		}
		value, err := r.ReadValue()
		if err != nil {
			return err
		}
		visit(unquoteName(name), value)
	}
	return r.closeValue()
}

// ReadItems is EachItem for a text that may be anything. It ends at the first
// error of visit, and returns it.
func ReadItems(text []byte, visit func(item []byte) error) error {
	r := newReader(text)
	defer r.releaseReader()
	if err := r.openValue(jsontext.KindBeginArray); err != nil {
		return err
	}
	for r.PeekKind() != jsontext.KindEndArray {
		item, err := r.ReadValue()
		if err != nil {
			return err
		}
		if err := visit(item); err != nil {
			return err
		}
	}
	return r.closeValue()
}

// UnquoteText is the text of a JSON string; ok is false for any other JSON value. What
// is no character reads as U+FFFD.
func UnquoteText(value []byte) (text string, ok bool) {
	if !bytes.HasPrefix(value, []byte(`"`)) {
		return "", false
	}
	if bytes.IndexByte(value, '\\') == -1 && utf8.Valid(value) {
		return string(bytes.TrimSuffix(value[1:], []byte(`"`))), true
	}
	unquoted, _ := jsontext.AppendUnquote(nil, value) // the error is of what reads as U+FFFD
	return string(unquoted), true
}

// reader reads one text. It reads a bytes.Buffer because jsontext then takes
// no copy: what it returns are parts of the text itself.
type reader struct {
	jsontext.Decoder
	text bytes.Buffer
}

// readers are kept, since one is needed for every row.
var readers = sync.Pool{New: func() any { return new(reader) }}

func newReader(text []byte) *reader {
	r := readers.Get().(*reader)
	r.text = *bytes.NewBuffer(text)
	r.Reset(&r.text, lenient)
	return r
}

func (r *reader) releaseReader() {
	r.text = bytes.Buffer{}
	r.Reset(&r.text)
	readers.Put(r)
}

// openValue reads the bracket that begins a value.
func (r *reader) openValue(want jsontext.Kind) error {
	kind := r.PeekKind()
	if kind == want {
		_, err := r.ReadToken()
		return err
	}
	if _, err := r.ReadValue(); err != nil {
		return plainError(err)
	}
	return ShapeError{kind}
}

// closeValue reads the bracket that ends a value, after which nothing may follow.
func (r *reader) closeValue() error {
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	_, err := r.ReadToken()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	return errTrailing
}

var errTrailing = &jsontext.SyntacticError{Err: errors.New("another value follows")}

// beginsWith reports whether a text begins with a bracket, white space aside.
func beginsWith(text []byte, bracket string) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte(bracket))
}

// unquoteName is a field's name without its quotes and escapes.
func unquoteName(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') != -1 {
		name, _ := jsontext.AppendUnquote(nil, quoted)
		return name
	}
	return quoted[1 : len(quoted)-1]
}
