package simulator

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Times inside the world are Unix milliseconds.
const (
	msHour = int64(time.Hour / time.Millisecond)
	msDay  = 24 * msHour
	// retention is how far back Defender keeps discovery data, in days. [DOC]
	retention = 90
	// maxLogDelay is how long after a visit its log may arrive.
	maxLogDelay = 60 * msHour
)

// world is what Defender's side knows: apps, people, who used what when. Of
// the pairs only their number per app is held; the rest follows by hashing.
type world struct {
	opts       Options
	seed       seed
	start      int64 // the instant that the first activity is counted back from
	slots      int   // people and their aliases
	personPerm permutation
	brands     []brand

	mu       sync.RWMutex // guards all below; writers are rare
	variants Variants
	apps     []app
	byID     map[int]int // app id → index
	byName   []int32     // indexes of apps, by name
	days     []day
	drifted  map[pairKey]int64
	drifts   []Drift
	events   []event

	cache cache
}

// app is one discovered app. Its users are the slots that a permutation gives
// for 0 to its number of users.
type app struct {
	id      int
	brand   brand
	fold    string // the name as it is sorted by
	birth   int64  // when it was first seen; 0: before the world's start
	born    int    // days that had passed by then
	users   int32  // at its birth
	growths []growth
}

// growth says that an app had so many users at the end of a day.
type growth struct {
	day  int
	upTo int32
}

// day is one day that was added by AdvanceDays.
type day struct {
	end    int64
	change ChangeOptions
}

// pairKey names one user's entry in one app's list of one stream.
type pairKey struct {
	Stream, App int
	K           int32
}

// event is a change of the world, kept so that a later process can repeat it.
type event struct {
	At     int64          `json:"at"`               // Defender's clock, Unix ms
	Change *ChangeOptions `json:"change,omitempty"` // a day's end
	Drift  *pairKey       `json:"drift,omitempty"`  // one pair's new activity; neither: a new app
}

// newWorld lays out apps and how many users each has.
func newWorld(o Options, start time.Time) *world {
	w := &world{
		opts: o, seed: seed(o.Seed), start: start.UnixMilli(),
		slots:      o.People + int(float64(o.People)*o.Names.Alias),
		personPerm: newPermutation(len(firstNames)*len(lastNames), seed(o.Seed).drawBits(diceShuffle, 1, 0)),
		brands:     loadBrands(),
		variants:   o.Variants,
		byID:       make(map[int]int, o.Apps),
		drifted:    map[pairKey]int64{},
	}
	w.cache.resetCache()
	counts := w.userCounts()
	for i := range o.Apps {
		w.addApp(app{brand: w.brandOf(i), users: counts[i]})
	}
	for j := 0; j < o.SameNames && 2*j+1 < o.Apps; j++ {
		twin := &w.apps[o.Apps-1-j]
		twin.brand.name, twin.fold = w.apps[j].brand.name, w.apps[j].fold
	}
	w.sortNames()
	return w
}

// brandOf names the i-th app, the most used first.
func (w *world) brandOf(i int) brand {
	if i < len(w.brands) {
		return w.brands[newPermutation(len(w.brands), w.seed.drawBits(diceShuffle, 3, 0)).mapIndex(i)]
	}
	return derivedBrand(w.seed, i-len(w.brands))
}

// addApp appends an app and gives it its id: five digits as long as they last,
// as in the vendor's catalogue. [CODE]
func (w *world) addApp(a app) int {
	const fiveDigits = 90000
	i := len(w.apps)
	a.id = 100000 + i
	if i < fiveDigits {
		a.id = 10000 + newPermutation(fiveDigits, w.seed.drawBits(diceShuffle, 4, 0)).mapIndex(i)
	}
	a.fold = strings.ToLower(a.brand.name)
	w.apps = append(w.apps, a)
	w.byID[a.id] = i
	return i
}

func (w *world) sortNames() {
	w.byName = w.byName[:0]
	for i := range w.apps {
		w.byName = append(w.byName, int32(i))
	}
	slices.SortFunc(w.byName, w.compareNames)
}

func (w *world) compareNames(x, y int32) int {
	a, b := &w.apps[x], &w.apps[y]
	if c := strings.Compare(a.fold, b.fold); c != 0 {
		return c
	}
	return a.id - b.id
}

// userCounts spreads the pairs over the apps with a long tail: the most used
// app has nearly everyone, most have a handful, some none.
func (w *world) userCounts() []int32 {
	counts := make([]int32, w.opts.Apps)
	var live []int
	for i := range counts {
		if i == 0 || !fallsWithin(w.seed.drawBits(diceAppEmpty, uint64(i), 0), w.opts.EmptyApps) {
			live = append(live, i)
		}
	}
	total := min(w.opts.Pairs, len(live)*w.slots)
	if total <= len(live) {
		for _, i := range live[:total] {
			counts[i] = 1
		}
		return counts
	}
	share := func(scale float64, rank int) int {
		return min(w.slots, max(1, int(scale/float64(rank+1))))
	}
	low, high := 0.0, float64(total)*float64(len(live)+1)
	for range 60 {
		mid, sum := (low+high)/2, 0
		for rank := range live {
			sum += share(mid, rank)
		}
		if sum <= total {
			low = mid
		} else {
			high = mid
		}
	}
	left := total
	for rank, i := range live {
		counts[i] = int32(share(low, rank))
		left -= int(counts[i])
	}
	for at := 0; left > 0; at = (at + 1) % len(live) {
		if i := live[at]; int(counts[i]) < w.slots {
			counts[i]++
			left--
		}
	}
	return counts
}

// countPairs gives how many pairs an app has by now.
func (a *app) countPairs() int32 {
	if n := len(a.growths); n > 0 {
		return a.growths[n-1].upTo
	}
	return a.users
}

// aliasOf gives the person behind a slot past the people.
func (w *world) aliasOf(slot int) int {
	aliases := w.slots - w.opts.People
	return (slot - w.opts.People) * (w.opts.People / aliases)
}

// slotPerm is the order in which slots become users of an app.
func (w *world) slotPerm(app int) permutation {
	return newPermutation(w.slots, w.seed.drawBits(dicePerm, uint64(app), 0))
}

// endDay ends a day at the given time. The caller holds the lock.
func (w *world) endDay(end int64, c ChangeOptions) {
	w.days = append(w.days, day{end: end, change: c})
	number := len(w.days) - 1
	if c.NewPairs > 0 {
		for i := range w.apps {
			w.growApp(i, number, c.NewPairs)
		}
	}
	for range c.NewApps {
		w.discoverApp(end)
	}
	if c.NewApps > 0 {
		w.sortNames()
	}
	w.events = append(w.events, event{At: end, Change: &c})
	w.cache.resetCache()
}

func (w *world) growApp(i, number int, share float64) {
	a := &w.apps[i]
	if a.users == 0 {
		return
	}
	n := int32(float64(a.users)*share + scaleToUnit(w.seed.drawBits(diceGrowth, uint64(i), uint64(number))))
	if upTo := min(int32(w.slots), a.countPairs()+n); upTo > a.countPairs() {
		a.growths = append(a.growths, growth{day: number, upTo: upTo})
	}
}

// discoverApp adds an app that was never seen before, with a few users.
func (w *world) discoverApp(at int64) int {
	i := len(w.apps)
	users := int32(min(w.slots, 1+int(w.seed.drawBits(diceGrowth, uint64(i), 1<<40)%8)))
	return w.addApp(app{brand: w.brandOf(i), birth: at, born: len(w.days), users: users})
}
