package activities

// told is what Defender tells of the length of a list. None of it is certain:
// a page's total is only approximate [DOC D6b], and the number that stands in
// an app's row is counted at another time.
type told struct {
	total  int  // of the latest page that told one; -1: none did
	steady bool // two pages at least told the same total, and none another
	varied bool // pages told different totals
	users  int  // as counted in the app's row; -1: not told
	once   int  // as counted there by an earlier session; 0: not told
}

// nothingTold is what is known of a list before its first page.
func nothingTold(users int) told { return told{total: -1, users: users} }

// hear takes in a page's total. One below the rows that the page shows is no
// total at all.
func (t *told) hear(total, rows int) {
	if total < rows || total < 0 {
		return
	}
	t.varied = t.varied || t.total >= 0 && t.total != total
	t.steady = !t.varied && t.total == total
	t.total = total
}

// missing is how many rows a list is short of, which ended after some; 0 when
// it is whole as far as can be told. What the two numbers agree on is taken
// exactly; a number that stands alone, or two that differ, with some slack.
func (t told) missing(rows int) int {
	total, users := t.total, t.users
	if total >= 0 && total < rows {
		total = -1 // it says less than was read: it is none
	}
	switch {
	case users >= 0 && users <= rows, total == rows:
		return 0
	case total < 0 && users < 0:
		return beyond(t.once-rows, 1+t.once/50)
	case total == users, users < 0 && t.steady:
		return total - rows
	case total < 0:
		return beyond(users-rows, 1+users/50)
	case users < 0:
		return beyond(total-rows, 3+total/50)
	case t.steady:
		return min(total, users) - rows
	}
	return beyond(min(total, users)-rows, 3+total/50)
}

// beyond is a number, or 0 where it lies within the slack.
func beyond(n, slack int) int {
	if n <= slack {
		return 0
	}
	return n
}

// contradicts reports whether what is told can't all be true of a list of so
// many rows that otherwise seems whole.
func (t told) contradicts(rows int) bool {
	switch {
	case t.users >= 0 && t.users <= rows:
		return t.total > rows+5+rows/4
	case t.users > rows:
		return t.total != rows || t.users > rows+5+rows/4
	}
	return t.total > rows && !t.varied
}

// most is the greater of the two numbers; -1 when nothing is told.
func (t told) most() int {
	if t.total < 0 && t.users < 0 && t.once > 0 {
		return t.once
	}
	return max(t.total, t.users)
}

// longest is how many rows are read of a list before it is held to be without
// end.
func (t told) longest() int {
	if t.most() < 0 {
		return 1_000_000
	}
	return 10*t.most() + 10_000
}
