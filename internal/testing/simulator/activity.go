package simulator

import "slices"

// seen is one entry of an app's list of users.
type seen struct {
	at int64 // last activity, Unix ms, as it is told
	k  int32 // the app's k-th user
}

// appMask says which streams see an app, a bit each.
func (w *world) appMask(app int) uint8 {
	all := uint8(1)<<w.opts.Streams - 1
	return drawStreams(all, w.seed.drawBits(diceAppMask, uint64(app), 0))
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
	pair := uint64(ai)<<32 | uint64(uint32(k))
	bit := uint8(1) << stream
	if mask&(mask-1) != 0 {
		mask = drawStreams(mask, w.seed.drawBits(dicePairMask, pair, 0))
	}
	if mask&bit == 0 {
		return 0, false
	}
	at, from := w.firstActivity(stream, ai, mask, k, pair)
	for d := from; d < len(w.days); d++ {
		if t := w.dayActivity(d, bit, mask, pair); t > at {
			at = t
		}
	}
	if len(w.drifted) > 0 {
		at = max(at, w.drifted[pairKey{stream, ai, k}])
	}
	return w.roundTime(at), true
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
	if !fallsWithin(h, c.Pairs) {
		return 0
	}
	h = mixBits(h)
	if mask&(mask-1) != 0 && drawStreams(mask, h)&bit == 0 {
		return 0
	}
	h = mixBits(h)
	t := w.days[d].end - 1 - int64(scaleToUnit(h)*float64(msDay-1))
	if fallsWithin(mixBits(h), c.Late) {
		t -= msDay
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

// appStat is what an app's row says of its use in one stream and timeframe.
type appStat struct {
	last  int64 // 0: not seen in the timeframe
	users int32
}

// statOf counts an app's users since the cutoff. Apps that nobody was named
// for are seen too: many log sources have no user names. [DOC]
func (w *world) statOf(stream, ai int, since int64) appStat {
	var s appStat
	mask := w.appMask(ai)
	if mask&(1<<stream) == 0 {
		return s
	}
	for k := range w.apps[ai].countPairs() {
		if at, ok := w.lastSeen(stream, ai, mask, k); ok && at >= since {
			s.users++
			s.last = max(s.last, at)
		}
	}
	if w.apps[ai].countPairs() == 0 {
		at := w.roundTime(w.start - int64(scaleToUnit(w.seed.drawBits(diceAppEmpty, uint64(ai), 1))*80*float64(msDay)))
		if at >= since {
			s.last = at
		}
	}
	return s
}
