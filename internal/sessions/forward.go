package sessions

import "time"

// KeepForward returns a progress that may be shown after another one of the same session:
// what was said before is never taken back. Counts don't fall when a worker was killed
// after its last checkpoint; the total doesn't shrink below what was said, though it may
// turn out to be unknown; and the time that is left grows only where the total does, so that
// it stands still while the pace is slower than before. The zero value of before is no
// progress.
func (p Progress) KeepForward(before Progress) Progress {
	if before.At.IsZero() {
		return p
	}
	p.AppsDone = max(p.AppsDone, before.AppsDone)
	grown := p.AppsKnown > before.AppsKnown || p.Uncounted > before.Uncounted
	if p.AppsKnown > 0 {
		p.AppsKnown = max(p.AppsKnown, before.AppsKnown, p.AppsDone)
	}
	p.Counts.Users.Seen = max(p.Counts.Users.Seen, before.Counts.Users.Seen)
	p.Requests.Defender = max(p.Requests.Defender, before.Requests.Defender)
	left, ok := p.timeLeft()
	if most, said := before.timeLeft(); !grown && said && (!ok || left > most) {
		p.Ends = p.At.Add(most)
	}
	return p
}

// timeLeft returns how long the session goes on as of At; false: not known.
func (p Progress) timeLeft() (time.Duration, bool) {
	return p.Ends.Sub(p.At), !p.Ends.IsZero() && !p.Ends.Before(p.At)
}
