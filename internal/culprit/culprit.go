// Package culprit finds what a peer refuses among what was sent together, so
// that one refused item costs that item alone. It knows no peer: the caller
// says how items are sent and which failures are refusals.
package culprit

// Refused is an item that was refused when it was sent alone.
type Refused[T any] struct {
	Item T
	Err  error // what the peer said of it
}

// Halve sends items together and, where they are refused, each half of them
// by itself, until what is refused stands alone. It returns the refused items
// in their order, and the most items that were taken at once (0: none was). An
// error is a failure that refuses does not call a refusal: what came of the
// items not yet sent is unknown then.
func Halve[T any](items []T, send func([]T) error, refuses func(error) bool) (refused []Refused[T], most int, err error) {
	if len(items) == 0 {
		return nil, 0, nil
	}
	err = send(items)
	switch {
	case err == nil:
		return nil, len(items), nil
	case !refuses(err):
		return nil, 0, err
	case len(items) == 1:
		return []Refused[T]{{items[0], err}}, 0, nil
	}
	for _, half := range [][]T{items[:len(items)/2], items[len(items)/2:]} {
		got, n, err := Halve(half, send, refuses)
		refused, most = append(refused, got...), max(most, n)
		if err != nil {
			return refused, most, err
		}
	}
	return refused, most, nil
}
