package oomnitza

import (
	"context"
	"iter"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// maxMoves bounds how often a list that moves while it is read is gone back
// on.
const maxMoves = 20

// CreatedAt returns when a record was made; zero where it does not say.
func CreatedAt(r saas.Record) time.Time { return timeOf(r.CreationDate) }

// AllSaaS reads every SaaS record, each once, a page at a time. It ends at the
// first error. Of the records only the ids are kept, so memory grows by a few
// dozen bytes a record.
//
// The list may move while it is read. Each page therefore begins with the last
// record of the page before; where another comes instead, records went away
// ahead of it and what follows has moved up, so the reading goes back a little,
// and pages overlap by more from then on.
func (c *Client) AllSaaS(ctx context.Context) iter.Seq2[saas.Record, error] {
	return func(yield func(saas.Record, error) bool) {
		l := saasList{client: c, sort: sortByID, overlap: 1, seen: map[string]bool{}}
		for !l.done {
			fresh, err := l.readNext(ctx)
			for _, s := range fresh {
				if !yield(s, nil) {
					return
				}
			}
			if err != nil {
				yield(saas.Record{}, err)
				return
			}
		}
	}
}

// saasList is where the reading of all records has got to.
type saasList struct {
	client  *Client
	sort    string // "" where the tenant refuses to sort
	skip    int
	seen    map[string]bool // ids
	first   string          // id of the list's first record
	overlap int             // records of a page that the next one is to show again
	moves   int
	done    bool
}

// readNext reads a page and gives those of its records that are new.
func (l *saasList) readNext(ctx context.Context) ([]saas.Record, error) {
	const op = "list the SaaS records"
	rows, total, err := l.readPage(ctx, op)
	if err != nil {
		return nil, err
	}
	records, at, err := parseRecords(op, rows)
	if err != nil {
		return nil, err
	}
	upTo := l.skip + len(rows)
	if l.skip > 0 && (len(records) == 0 || !l.seen[records[0].ID]) {
		if l.moves++; l.moves > maxMoves {
			return nil, &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindContract, Message: "the list came in another order each time it was asked for",
				Hint: "try again when fewer records change; if it stays so, the tenant sorts lists in a way that defendersync does not know"}
		}
		l.overlap = min(10*l.overlap, pageSize/2)
		l.skip = max(0, l.skip-l.overlap)
		return l.dropSeen(records), nil
	}
	turned := l.skip > 0 && records[0].ID == l.first
	if l.skip == 0 && len(records) > 0 {
		l.first = records[0].ID
	}
	fresh := l.dropSeen(records)
	switch {
	case len(fresh) == 0 && turned:
		l.done = true
		return nil, repeatedPage(op, total)
	case len(records) == 0 || !hasMore(len(rows), upTo, total):
		l.done = true
	case len(fresh) == 0 && len(records) == 1: // pages of one row, which can't overlap
		l.done = true
		return nil, repeatedPage(op, total)
	default:
		l.skip += max(at+1-l.overlap, min(at, 1))
	}
	return fresh, nil
}

// readPage asks for the page at hand, unsorted where the tenant refuses to sort.
func (l *saasList) readPage(ctx context.Context, op string) ([]row, int, error) {
	path := listPath(pathSaaS, "", pageSize, l.skip)
	if l.sort == "" {
		return l.client.readPage(ctx, op, path)
	}
	rows, total, err := l.client.readPage(ctx, op, path+"&"+querySort+"="+escapeQuery(l.sort))
	if httpx.KindOf(err) == httpx.KindRefused && l.skip == 0 {
		l.sort = ""
		return l.client.readPage(ctx, op, path)
	}
	return rows, total, err
}

// dropSeen are the records that were not seen before; from now on they are.
func (l *saasList) dropSeen(records []saas.Record) []saas.Record {
	out := records[:0]
	for _, s := range records {
		if !l.seen[s.ID] {
			l.seen[s.ID] = true
			out = append(out, s)
		}
	}
	return out
}

// parseRecords decodes a page's records and tells the place of the last one in
// it, which is not the last row where that can't be used.
func parseRecords(op string, rows []row) (records []saas.Record, last int, err error) {
	if records, err = decodeSaaS(op, rows); err != nil || len(records) == 0 {
		return nil, 0, err
	}
	id := records[len(records)-1].ID
	for i, r := range rows {
		if r.findText(saasIDKeys...) == id {
			last = i
		}
	}
	return records, last, nil
}
