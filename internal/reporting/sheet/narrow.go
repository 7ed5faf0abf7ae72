package sheet

import "strings"

const (
	// narrowest is the least width of a text column on a narrow terminal.
	narrowest = 8
	// readable is the width down to which a text is shortened before a column is left
	// out for it: most addresses are whole.
	readable = 26
	// leftOut is the width of a column that is left out.
	leftOut = -1
)

// dropColumns leaves columns out, the least important first, until the others fit the
// terminal with the first one, which is what a row is about, whole, and all other
// texts readable.
func (t *table) dropColumns(widths []int) {
	for t.leastWidth(widths) > t.options.Width {
		at := t.findLeastImportant(widths)
		if at < 0 {
			return
		}
		widths[at] = leftOut
	}
}

// leastWidth returns the width of a line whose texts are as short as they may get.
func (t *table) leastWidth(widths []int) int {
	sum := -len(between)
	for i, w := range widths {
		switch {
		case w == leftOut:
			continue
		case t.isCuttable(i):
			w = min(w, t.wholeUpTo(i))
		}
		sum += w + len(between)
	}
	return sum
}

// wholeUpTo returns the width up to which a column's texts are whole, whatever has to
// be left out for it: what the rows are about gets most.
func (t *table) wholeUpTo(i int) int {
	switch {
	case i == 0:
		return t.options.Width / 2
	case t.sheet.Columns[i].Kind == Prose:
		return max(t.options.Width/2, t.longestWord(i))
	case t.sheet.Columns[i].Rank == Always:
		return max(t.options.Width/3, min(readable, t.options.Width/2-len(between)))
	}
	return readable
}

// longestWord returns the width of the longest word of a column, which no line breaks.
func (t *table) longestWord(i int) (longest int) {
	for _, row := range t.head {
		for word := range strings.FieldsSeq(row.cells[i]) {
			longest = max(longest, textWidth(word))
		}
	}
	return longest
}

// findLeastImportant returns the column that is left out next: of the greatest Rank,
// the last one; -1: there is none.
func (t *table) findLeastImportant(widths []int) int {
	at := -1
	for i := 1; i < len(widths); i++ {
		rank := t.sheet.Columns[i].Rank
		if widths[i] != leftOut && rank != Always && (at < 0 || rank >= t.sheet.Columns[at].Rank) {
			at = i
		}
	}
	return at
}

// fitWidths narrows the widest texts until the line fits the terminal. Where there is
// room, longer texts get what they need of it, the first columns first; and where more
// rows follow, text columns get some of what is left.
func (t *table) fitWidths(widths, natural []int, more bool) {
	room := t.options.Width + len(between)
	for _, w := range widths {
		if w != leftOut {
			room -= w + len(between)
		}
	}
	for ; room < 0; room++ {
		at := t.findWidest(widths)
		if at < 0 {
			return
		}
		widths[at]--
	}
	for i, w := range widths {
		if w != leftOut && room > 0 {
			grow := min(room, natural[i]-w)
			widths[i], room = w+grow, room-grow
		}
	}
	if more {
		t.spreadRoom(widths, room)
	}
}

// findWidest returns the text column that is narrowed next: the widest of those that
// are wider than what they need, else of all but the first; -1: there is none.
func (t *table) findWidest(widths []int) int {
	wide, any := -1, -1
	for i, w := range widths {
		if !t.isCuttable(i) || w <= narrowest {
			continue
		}
		if w > t.wholeUpTo(i) && (wide < 0 || w > widths[wide]) {
			wide = i
		}
		if any <= 0 || w > widths[any] {
			any = i
		}
	}
	if wide >= 0 {
		return wide
	}
	return any
}

// spreadRoom distributes the remaining room evenly among the text columns. None
// grows by more than half its width.
func (t *table) spreadRoom(widths []int, room int) {
	texts := 0
	for i, w := range widths {
		if t.isCuttable(i) && w != leftOut {
			texts++
		}
	}
	for i, w := range widths {
		if t.isCuttable(i) && w != leftOut {
			widths[i] += min(room/texts, w/2)
		}
	}
}

// noteLeftOut says which columns are left out; "" when none is.
func (t *table) noteLeftOut() string {
	var keys []string
	for i, w := range t.widths {
		if w == leftOut {
			keys = append(keys, t.sheet.Columns[i].Key)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return "no room for " + strings.Join(keys, ", ") + " (--columns chooses)"
}
