package simulator

import (
	"errors"
	"fmt"
	"strings"
)

// filter is Oomnitza's SQL-like filter, parsed. [DOC HC:6515498409879]
type filter struct {
	op          string // and, or, not; else a comparison of field with values
	left, right *filter
	field       string
	values      []string
}

// token is a word, a quoted text or a mark of a filter.
type token struct {
	text   string
	quoted bool
}

var errFilterEnd = errors.New("the filter ends too early")

// splitTokens splits a filter. In quotes, a backslash or a doubled quote takes the
// mark literally. [INF]
func splitTokens(text string) ([]token, error) {
	var out []token
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == ',':
			i++
		case strings.IndexByte("()[]", c) >= 0:
			out = append(out, token{text: string(c)})
			i++
		case c == '\'' || c == '"':
			value, n, ok := quotedText(text[i:])
			if !ok {
				return nil, fmt.Errorf("a quote is not closed: %.40s", text[i:])
			}
			out = append(out, token{value, true})
			i += n
		default:
			n := strings.IndexAny(text[i:], " \t\n,()[]'\"")
			if n < 0 {
				n = len(text) - i
			}
			out = append(out, token{text: text[i : i+n]})
			i += n
		}
	}
	return out, nil
}

func quotedText(text string) (value string, length int, ok bool) {
	quote := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case text[i] == quote && i+1 < len(text) && text[i+1] == quote:
			i++
			b.WriteByte(quote)
		case text[i] == quote:
			return b.String(), i + 1, true
		default:
			b.WriteByte(text[i])
		}
	}
	return "", 0, false
}

// parser goes over the tokens of a filter.
type parser struct {
	tokens []token
	known  map[string]bool // fields
}

// parseFilter reads a filter over the given fields.
func parseFilter(text string, known map[string]bool) (*filter, error) {
	toks, err := splitTokens(text)
	if err != nil {
		return nil, err
	}
	p := &parser{toks, known}
	f, err := p.parseOr()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("the filter goes on with %q", p.tokens[0].text)
	}
	return f, err
}

// takeWord consumes a token if it is the given word or mark.
func (p *parser) takeWord(w string) bool {
	if len(p.tokens) > 0 && !p.tokens[0].quoted && strings.EqualFold(p.tokens[0].text, w) {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

func (p *parser) takeToken() (token, error) {
	if len(p.tokens) == 0 {
		return token{}, errFilterEnd
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t, nil
}

func (p *parser) parseOr() (*filter, error) { return p.parseChain("or", p.parseAnd) }

func (p *parser) parseAnd() (*filter, error) { return p.parseChain("and", p.parseTerm) }

func (p *parser) parseChain(op string, part func() (*filter, error)) (*filter, error) {
	left, err := part()
	for err == nil && p.takeWord(op) {
		var right *filter
		right, err = part()
		left = &filter{op: op, left: left, right: right}
	}
	return left, err
}

func (p *parser) parseTerm() (*filter, error) {
	switch {
	case p.takeWord("not"):
		f, err := p.parseTerm()
		return &filter{op: "not", left: f}, err
	case p.takeWord("("):
		f, err := p.parseOr()
		if err == nil && !p.takeWord(")") {
			err = errors.New("a parenthesis is not closed")
		}
		return f, err
	}
	return p.parseComparison()
}

// operators translates the spellings of comparisons.
var operators = map[string]string{"eq": "eq", "=": "eq", "==": "eq", "ne": "ne", "neq": "ne", "!=": "ne", "<>": "ne",
	"gt": "gt", ">": "gt", "gte": "gte", ">=": "gte", "lt": "lt", "<": "lt", "lte": "lte", "<=": "lte", "like": "like",
	"in": "in", "between": "between", "is": "is"}

func (p *parser) parseComparison() (*filter, error) {
	field, err := p.takeToken()
	if err != nil {
		return nil, err
	}
	f := &filter{field: strings.ToLower(field.text)}
	if field.quoted || !p.known[f.field] {
		return nil, fmt.Errorf("there is no field %q", field.text)
	}
	negated := p.takeWord("not")
	op, err := p.takeToken()
	if err != nil {
		return nil, err
	}
	f.op = operators[strings.ToLower(op.text)]
	if op.quoted || f.op == "" {
		return nil, fmt.Errorf("there is no operator %q", op.text)
	}
	if err := p.parseOperand(f, &negated); err != nil {
		return nil, err
	}
	if negated {
		return &filter{op: "not", left: f}, nil
	}
	return f, nil
}

// parseOperand reads what stands behind an operator.
func (p *parser) parseOperand(f *filter, negated *bool) error {
	switch f.op {
	case "is":
		if p.takeWord("not") {
			*negated = true
		}
		if !p.takeWord("null") {
			return errors.New("IS takes NULL or NOT NULL")
		}
		return nil
	case "in":
		return p.parseList(f)
	case "between":
		low, err := p.takeToken()
		if err == nil && !p.takeWord("and") {
			err = errors.New("BETWEEN takes two values with AND between them")
		}
		if err != nil {
			return err
		}
		f.values = append(f.values, low.text)
	}
	t, err := p.takeToken()
	if err == nil && !t.quoted && strings.ContainsAny(t.text, "()[]") {
		err = fmt.Errorf("%q is not a value", t.text)
	}
	f.values = append(f.values, t.text)
	return err
}

func (p *parser) parseList(f *filter) error {
	end := "]"
	if !p.takeWord("[") {
		end = ")"
		if !p.takeWord("(") {
			return errors.New(`IN takes a list: ["1", "2"]`)
		}
	}
	for !p.takeWord(end) {
		t, err := p.takeToken()
		if err != nil {
			return err
		}
		f.values = append(f.values, t.text)
	}
	return nil
}
