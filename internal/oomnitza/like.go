package oomnitza

import (
	"context"
	"slices"
	"strings"

	"defendersync/internal/saas"
)

const (
	// fewLetters is how many plain characters a pattern must have, so that it
	// does not select everything.
	fewLetters = 3
	// likeLength is how much of a name must be like another's: a tenant may cut
	// names, and known limits are longer [INF].
	likeLength = 20
	// likeBatch is how many patterns stand in one filter.
	likeBatch = 20
)

// patternOf is a pattern for a text: % stands for every run of characters that
// are not plain. It is not ok when too little is left of the text.
func patternOf(value string) (pattern string, ok bool) {
	var b strings.Builder
	kept, gap := 0, false
	for _, r := range value {
		if saas.IsPlain(r) {
			b.WriteRune(r)
			kept++
		} else if !gap {
			b.WriteByte('%')
		}
		gap = !saas.IsPlain(r)
	}
	return b.String(), kept >= fewLetters
}

// askByPattern asks for a value by a pattern that leaves out whatever a filter may
// stumble over, and keeps the rows that have the value.
func (l *lookup) askByPattern(ctx context.Context, value string) bool {
	pattern, ok := patternOf(value)
	if !ok {
		return false
	}
	filter := l.field + " " + operatorLike + " " + quoteValue(pattern)
	return l.client.readList(ctx, l.op, l.path, filter, func(rows []row) error {
		same := slices.DeleteFunc(rows, func(r row) bool { return saas.Fold(r.findText(l.field)) != saas.Fold(value) })
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.visit([]string{value}, same)
	}) == nil
}

// PeopleLike returns the people whose usernames a tenant may take for the given
// ones: they have the same plain characters at their beginning. They are a page
// of each filter at most, in no order.
func (c *Client) PeopleLike(ctx context.Context, usernames []string) ([]saas.Person, error) {
	const op = "look for people under like names"
	var parts []string
	for _, name := range usernames {
		if pattern, ok := patternOf(firstRunes(name, likeLength)); ok {
			parts = append(parts, "("+fieldUsername+" "+operatorLike+" "+quoteValue(strings.TrimSuffix(pattern, "%")+"%")+")")
		}
	}
	var out []saas.Person
	for batch := range slices.Chunk(parts, likeBatch) {
		rows, _, err := c.readPage(ctx, op, listPath(pathUsers, strings.Join(batch, " OR "), pageSize, 0))
		if err != nil {
			return nil, err
		}
		people, err := decodePeople(op, rows)
		if err != nil {
			return nil, err
		}
		out = append(out, people...)
	}
	return out, nil
}

// firstRunes are the first n characters of a text.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
