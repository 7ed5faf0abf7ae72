package simulator

import (
	"cmp"
	"slices"
)

// seat is one person's assignment to one app. An app's seats are kept in the
// order of people, so that a million of them take twelve bytes each.
type seat struct {
	person uint32
	last   uint32 // Unix seconds; 0: none
	writes uint16 // by clients
}

func compareSeats(a, b seat) int { return cmp.Compare(a.person, b.person) }

// insertSeat puts in one seat unless the person has one.
func insertSeat(seats []seat, s seat) []seat {
	at, found := slices.BinarySearchFunc(seats, s, compareSeats)
	if found {
		return seats
	}
	return slices.Insert(seats, at, s)
}

// mergeSeats applies a batch of writes and tells how many changed nothing and
// which moved a last visit backwards. The batch is put in order; of two writes
// to a person the later one counts last. keep says whether last visits are
// kept at all.
func mergeSeats(seats, batch []seat, keep bool) (out []seat, redundant int, backwards []seat) {
	slices.SortStableFunc(batch, compareSeats)
	fresh := 0
	for _, b := range batch {
		at, found := slices.BinarySearchFunc(seats, b, compareSeats)
		if !found {
			fresh++
			continue
		}
		s := &seats[at]
		if s.writes < 1<<16-1 {
			s.writes++
		}
		switch {
		case !keep || b.last == 0 || b.last == s.last:
			redundant++
		default:
			if b.last < s.last {
				backwards = append(backwards, seat{person: b.person, last: s.last})
			}
			s.last = b.last
		}
	}
	if fresh == 0 {
		return seats, redundant, backwards
	}
	return addSeats(seats, batch, keep, fresh), redundant, backwards
}

// addSeats merges those of a batch that have no seat yet into the seats.
func addSeats(seats, batch []seat, keep bool, fresh int) []seat {
	out := make([]seat, 0, grownCap(len(seats)+fresh, cap(seats)))
	i := 0
	for _, b := range batch {
		for i < len(seats) && seats[i].person < b.person {
			out = append(out, seats[i])
			i++
		}
		if i < len(seats) && seats[i].person == b.person {
			continue
		}
		if !keep {
			b.last = 0
		}
		b.writes = 1
		if n := len(out); n > 0 && out[n-1].person == b.person {
			b.writes = out[n-1].writes + 1
			b.last = max(b.last, out[n-1].last)
			out = out[:n-1]
		}
		out = append(out, b)
	}
	return append(out, seats[i:]...)
}

// grownCap leaves large lists some room.
func grownCap(need, had int) int {
	if need <= had {
		return had
	}
	if need > 1000 {
		return need + need/8
	}
	return need
}
