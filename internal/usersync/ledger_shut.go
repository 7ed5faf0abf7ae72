package usersync

// A record may take nobody at all. That is found out once, by some of its
// people, so that not each of them is asked about.

// shutRecord notes that the record takes nobody, and why.
func (l *ledger) shutRecord(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = why
}

// noteDenial notes that somebody was refused alone, and shuts the record when
// that happened to enough of them in a row.
func (l *ledger) noteDenial(why string, enough int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.denied++; l.denied >= enough {
		l.closed = why
	}
}

// reopenRecord notes that the record takes people.
func (l *ledger) reopenRecord() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.denied, l.closed = 0, ""
}

// isShut reports whether the record is known to take nobody.
func (l *ledger) isShut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed != ""
}
