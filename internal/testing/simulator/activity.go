package simulator

import "slices"

// seen is one entry of an app's list of users.
type seen struct {
	at int64 // last activity, Unix ms, as it is told
	k  int32 // the app's k-th user
}

// appMask says which streams see an app, a bit each.
func (w *world) appMask(app int) uint8 {
	mask := drawStreams(w.inputMask(), w.seed.drawBits(diceAppMask, uint64(app), 0))
	return mask | w.viewMask(app, mask)
}

// drawStreams draws some, at least one, of the streams in a mask.
func drawStreams(mask uint8, h uint64) uint8 {
	if mask&(mask-1) == 0 {
		return mask
	}
	var out uint8
	for s := range 8 {
		if bit := uint8(1) << s; mask&bit != 0 && uint8(h>>(8*s)) < 180 {
			out |= bit
		}
	}
	if out == 0 {
		out = pickStream(mask, h)
	}
	return out
}

// pickStream draws one of the streams in a mask.
func pickStream(mask uint8, h uint64) uint8 {
	for n := h >> 3; ; n++ {
		if bit := uint8(1) << (n % 8); mask&bit != 0 {
			return bit
		}
	}
}

// lastSeen tells when the k-th user of an app was last active as one stream
// knows it, in ms; false when that stream does not know the pair.
func (w *world) lastSeen(stream, ai int, mask uint8, k int32) (int64, bool) {
	last := int64(0)
	known := w.eachVisit(stream, ai, mask, k, len(w.days), func(at int64) { last = max(last, at) })
	return w.roundTime(last), known
}

// eachVisit goes through the visits of an app's k-th user that a stream knows of
// after so many days; it reports false when that stream does not know the pair.
func (w *world) eachVisit(stream, ai int, mask uint8, k int32, days int, take func(at int64)) bool {
	pair := uint64(ai)<<32 | uint64(uint32(k))
	if !w.showsPair(stream, pair) {
		return false
	}
	stream, mask = w.sourceOf(stream), mask&w.inputMask()
	bit := uint8(1) << stream
	if mask&(mask-1) != 0 {
		mask = drawStreams(mask, w.seed.drawBits(dicePairMask, pair, 0))
	}
	if mask&bit == 0 {
		return false
	}
	at, from := w.firstActivity(stream, ai, mask, k, pair)
	take(at)
	if from == 0 && w.apps[ai].birth == 0 { // and one before it, which moves no time
		h := scaleToUnit(w.seed.drawBits(dicePairPast, pair, 0))
		take(at - int64(h*h*30*float64(msDay)))
	}
	for d := from; d < days; d++ {
		if t := w.dayActivity(d, bit, mask, pair); t != 0 {
			take(t)
		}
	}
	if len(w.drifted) > 0 {
		if t := w.drifted[pairKey{stream, ai, k}]; t != 0 {
			take(t)
		}
	}
	return true
}

// firstActivity is the pair's activity at its birth, and the first day after.
func (w *world) firstActivity(stream, ai int, mask uint8, k int32, pair uint64) (int64, int) {
	a := &w.apps[ai]
	h := w.seed.drawBits(dicePair, pair, 0)
	if k >= a.users {
		for _, g := range a.growths {
			if k < g.upTo {
				return w.days[g.day].end - 1 - int64(scaleToUnit(h)*float64(msDay-1)), g.day + 1
			}
		}
	}
	if a.birth != 0 {
		return a.birth - int64(scaleToUnit(h)*float64(msHour)), a.born
	}
	u := scaleToUnit(h)
	age := u * u * 89.2 * float64(msDay)
	if mask&(mask-1) != 0 && pickStream(mask, h) != uint8(1)<<stream {
		age += scaleToUnit(w.seed.drawBits(dicePairLag, pair, uint64(stream))) * 6 * float64(msDay)
	}
	return w.start - int64(min(age, 89.4*float64(msDay))), 0
}

// dayActivity is what a day brought for a pair in one stream; 0: nothing.
func (w *world) dayActivity(d int, bit, mask uint8, pair uint64) int64 {
	c := &w.days[d].change
	h := w.seed.drawBits(diceDay, pair, uint64(d))
	if !fallsWithin(h, c.Pairs) || c.Apps > 0 && !fallsWithin(w.seed.drawBits(diceDayApp, pair>>32, uint64(d)), c.Apps) {
		return 0
	}
	h = mixBits(h)
	if mask&(mask-1) != 0 && drawStreams(mask, h)&bit == 0 {
		return 0
	}
	h = mixBits(h)
	t := w.days[d].end - 1 - int64(scaleToUnit(h)*float64(msDay-1))
	h = mixBits(h)
	if fallsWithin(h, c.Late) {
		return t - msDay
	}
	if h = mixBits(h); fallsWithin(h, c.LateLogs) {
		t = w.days[d].end - msDay - int64(scaleToUnit(mixBits(h))*float64(maxLogDelay-msDay))
	}
	return t
}

// roundTime rounds a time down to the resolution in which this tenant gives it.
func (w *world) roundTime(at int64) int64 {
	switch {
	case w.variants.Midnight:
		return at - at%msDay
	case w.variants.Time == "seconds" || w.variants.Time == "seconds-string" || w.variants.Time == "rfc3339-0":
		return at - at%1000
	case w.variants.Time == "rfc3339-1":
		return at - at%100
	case w.variants.Time == "rfc3339-2":
		return at - at%10
	}
	return at
}

// startTimeframe gives where a timeframe of so many days begins: at midnight, so that a
// list does not lose rows while it is read.
func startTimeframe(now int64, days int) int64 {
	t := now - int64(days)*msDay
	return t - t%msDay
}

// usersOf appends who used an app since the cutoff, the latest first.
func (w *world) usersOf(buf []seen, stream, ai int, since int64) []seen {
	mask := w.appMask(ai)
	if mask&(1<<stream) == 0 {
		return buf
	}
	for k := range w.apps[ai].countPairs() {
		if at, ok := w.lastSeen(stream, ai, mask, k); ok && at >= since {
			buf = append(buf, seen{at, k})
		}
	}
	slices.SortFunc(buf, func(x, y seen) int {
		if x.at != y.at {
			if x.at > y.at {
				return -1
			}
			return 1
		}
		return int(x.k - y.k)
	})
	return buf
}
