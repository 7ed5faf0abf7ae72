package simulator

import (
	"encoding/json"
	"errors"
	"strconv"
)

// The requests that come by the ten thousand are read without reflection: the
// functions here find the raw pieces of a JSON text and leave them in place.

var errJSON = errors.New("the body is not valid JSON")

// scan walks over a JSON text.
type scan struct {
	b []byte
	i int
}

func (s *scan) skipSpace() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\n' || s.b[s.i] == '\t' || s.b[s.i] == '\r') {
		s.i++
	}
}

// takeMark consumes one punctuation mark.
func (s *scan) takeMark(c byte) bool {
	s.skipSpace()
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// takeValue consumes any one value and gives its raw text.
func (s *scan) takeValue() ([]byte, error) {
	s.skipSpace()
	from, depth := s.i, 0
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case '"':
			if !s.skipQuoted() {
				return nil, errJSON
			}
		case '{', '[':
			depth++
			s.i++
		case '}', ']':
			if depth == 0 {
				return nil, errJSON
			}
			depth--
			s.i++
		default:
			if depth > 0 && (c == ',' || c == ':' || c == ' ' || c == '\n' || c == '\t' || c == '\r') {
				s.i++
				continue
			}
			if !s.skipBare() {
				return nil, errJSON
			}
		}
		if depth == 0 {
			return s.b[from:s.i], nil
		}
	}
	return nil, errJSON
}

// skipQuoted consumes a string.
func (s *scan) skipQuoted() bool {
	for s.i++; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case '\\':
			s.i++
		case '"':
			s.i++
			return true
		}
	}
	return false
}

// skipBare consumes a number, true, false or null.
func (s *scan) skipBare() bool {
	from := s.i
	for s.i < len(s.b) {
		c := s.b[s.i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'E' {
			s.i++
			continue
		}
		break
	}
	return s.i > from
}

// eachField calls f with each key of the object that comes next and its raw value.
func (s *scan) eachField(f func(key, raw []byte)) error {
	if !s.takeMark('{') {
		return errJSON
	}
	if s.takeMark('}') {
		return nil
	}
	for {
		key, err := s.takeValue()
		if err != nil || len(key) < 2 || key[0] != '"' || !s.takeMark(':') {
			return errJSON
		}
		raw, err := s.takeValue()
		if err != nil {
			return err
		}
		f(key[1:len(key)-1], raw)
		if s.takeMark('}') {
			return nil
		}
		if !s.takeMark(',') {
			return errJSON
		}
	}
}

// eachObject calls f for each object of the array that the text is.
func eachObject(text []byte, f func(*scan) error) error {
	s := &scan{b: text}
	if !s.takeMark('[') {
		return errJSON
	}
	if s.takeMark(']') {
		return s.checkEnd()
	}
	for {
		if err := f(s); err != nil {
			return err
		}
		if s.takeMark(']') {
			return s.checkEnd()
		}
		if !s.takeMark(',') {
			return errJSON
		}
	}
}

// checkEnd checks that nothing follows.
func (s *scan) checkEnd() error {
	if s.skipSpace(); s.i < len(s.b) {
		return errJSON
	}
	return nil
}

// rawInt reads an integer that may come as a string.
func rawInt(raw []byte) (int64, bool) {
	if len(raw) > 1 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	var n int64
	neg := false
	for i, c := range raw {
		switch {
		case i == 0 && c == '-' && len(raw) > 1:
			neg = true
		case c >= '0' && c <= '9' && n < 1<<58:
			n = n*10 + int64(c-'0')
		default:
			f, err := strconv.ParseFloat(string(raw), 64)
			return int64(f), err == nil
		}
	}
	if neg {
		n = -n
	}
	return n, len(raw) > 0
}

// rawText reads a string; a number is taken as its digits.
func rawText(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return string(raw)
	}
	for _, c := range raw {
		if c == '\\' {
			var text string
			if json.Unmarshal(raw, &text) == nil {
				return text
			}
			break
		}
	}
	return string(raw[1 : len(raw)-1])
}
