package oomnitza

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"defendersync/internal/httpx"
)

// readList reads every page of a list and hands the rows to visit.
func (c *Client) readList(ctx context.Context, op, path, filter string, visit func([]row) error) error {
	first := ""
	for skip := 0; ; {
		rows, total, err := c.readPage(ctx, op, listPath(path, filter, pageSize, skip))
		if err != nil || len(rows) == 0 {
			return err
		}
		mark := markPage(rows)
		if skip > 0 && mark == first {
			return repeatedPage(op, total)
		}
		if skip == 0 {
			first = mark
		}
		if err := visit(rows); err != nil {
			return err
		}
		skip += len(rows)
		if err := tooMany(op, skip); err != nil {
			return err
		}
		if !hasMore(len(rows), skip, total) {
			return nil
		}
	}
}

// readPage reads one page, and the number of all rows where it is told (-1 where
// not).
func (c *Client) readPage(ctx context.Context, op, path string) (rows []row, total int, err error) {
	r := request{op: op, method: http.MethodGet, path: path}
	err = c.sendAndRead(ctx, r, func(a *httpx.Answer) error {
		var err error
		total = totalCount(a.Header)
		rows, err = decodeRows(op, a.Body)
		return err
	})
	return rows, total, err
}

// hasMore reports whether there is another page after one of n rows that ended at
// row upTo.
func hasMore(n, upTo, total int) bool {
	if total >= 0 {
		return upTo < total
	}
	return n == pageSize || (n < pageSize && n%roundPage == 0)
}

// repeatedPage settles what it means that a later page begins as the first: where
// the server told of more rows, it ignores skip, and they can't be had; else
// there are none.
func repeatedPage(op string, total int) error {
	if total < 0 {
		return nil
	}
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindContract, Message: "another page was asked for and the first one came again",
		Hint: "the tenant ignores skip, so lists can't be read whole"}
}

// markPage tells pages apart by their first and last row.
func markPage(rows []row) string {
	id := func(r row) string { return r.findText("user_id", "saas_id", "id", fieldUsername, fieldSaaSName) }
	return id(rows[0]) + "\x00" + id(rows[len(rows)-1])
}

func totalCount(h http.Header) int {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get(headerTotal)))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// listPath is the path of a list with its query. Parameters that say nothing
// are left out: an empty one is refused [DOC HC:19770388990615].
func listPath(path, filter string, limit, skip int) string {
	path += "?" + queryLimit + "=" + strconv.Itoa(limit)
	if skip > 0 {
		path += "&" + querySkip + "=" + strconv.Itoa(skip)
	}
	if filter != "" {
		path += "&" + queryFilter + "=" + escapeQuery(filter)
	}
	return path
}

// escapeQuery encodes a query value, spaces as %20, which unlike + means a space to
// every server.
func escapeQuery(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// quoteValue makes a text a value of a filter.
func quoteValue(s string) string {
	if strings.ContainsAny(s, `\"`) {
		s = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	}
	return `"` + s + `"`
}

// quoteSingle and quoteDoubled are other ways to write a value, for tenants
// that don't understand a backslash [INF].
func quoteSingle(s string) string  { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func quoteDoubled(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// anyOf is the filter for rows whose field has one of the values.
func anyOf(field string, values []string) string { return anyOfQuoted(field, values, quoteValue) }

func anyOfQuoted(field string, values []string, quoting func(string) string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quoting(v)
	}
	return field + " " + operatorIn + " [" + strings.Join(quoted, ",") + "]"
}

// splitValues splits values so that the filter of each batch keeps within
// maxFilter; a value longer than that goes alone.
func splitValues(field string, values []string) [][]string {
	var out [][]string
	empty := len(escapeQuery(anyOf(field, nil)))
	from, size := 0, empty
	for i, v := range values {
		n := len(escapeQuery(quoteValue(v) + ","))
		if i > from && size+n > maxFilter {
			out = append(out, values[from:i])
			from, size = i, empty
		}
		size += n
	}
	if from < len(values) {
		out = append(out, values[from:])
	}
	return out
}

// errStrays marks the error of rows that a filter does not select.
var errStrays = errors.New("filters are ignored")

// filterIgnored is the error of a server that answers a filter with rows that it
// does not select: more of them than values were asked for can't come from a
// more generous comparison, unless the comparison is very generous indeed.
func filterIgnored(op string, strays, asked int) error {
	if strays <= asked {
		return nil
	}
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindContract, Message: "rows came that the filter does not select", Err: errStrays,
		Hint: "the tenant ignores filters, so records can't be looked up"}
}
