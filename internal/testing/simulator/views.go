package simulator

import "strconv"

// Views are streams whose rows are all contained in the first stream: the same
// users and times, of some of its apps and of some of these apps' users. Streams
// that are no views overlap partly. [DOC: custom reports are views of others]

// The shares of the first stream's apps, and of an app's users, that a view has.
const (
	viewApps  = 0.7
	viewPairs = 0.8
)

// isView tells whether a stream is a view of the first.
func (w *world) isView(stream int) bool {
	return stream >= w.opts.Streams-w.opts.Views && stream < w.opts.Streams
}

// inputMask has the bits of the streams that are no views.
func (w *world) inputMask() uint8 { return uint8(1)<<(w.opts.Streams-w.opts.Views) - 1 }

// viewMask has the bits of the views that show an app which inputs show.
func (w *world) viewMask(ai int, inputs uint8) (mask uint8) {
	for stream := w.opts.Streams - w.opts.Views; inputs&1 != 0 && stream < w.opts.Streams; stream++ {
		if fallsWithin(w.seed.drawBits(diceView, uint64(ai), uint64(stream)), viewApps) {
			mask |= 1 << stream
		}
	}
	return mask
}

// showsPair tells whether a stream may show a pair: a view has some alone.
func (w *world) showsPair(stream int, pair uint64) bool {
	return !w.isView(stream) || fallsWithin(w.seed.drawBits(diceView, pair, uint64(stream)<<32), viewPairs)
}

// sourceOf is the stream whose rows a stream shows: its own, or the first's.
func (w *world) sourceOf(stream int) int {
	if w.isView(stream) {
		return 0
	}
	return stream
}

// streamName gives a stream's name; the first two are built in. [CODE, DOC]
func (w *world) streamName(stream int) string {
	switch {
	case w.isView(stream):
		return "View of department " + strconv.Itoa(stream)
	case stream == 0:
		return "Global View"
	case stream == 1:
		return "Defender-managed endpoints"
	}
	return "Branch office " + strconv.Itoa(stream-1)
}
