package listing

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// somePages is a list of users of which every page but the last is full, unless
// short pages are strewn in, as rows that vanish make them.
func somePages(random *rand.Rand) (pages map[int]int, end int) {
	pages = map[int]int{}
	for range 1 + random.IntN(12) {
		rows := PageRows
		if random.IntN(3) == 0 {
			rows = 1 + random.IntN(PageRows)
		}
		pages[end] = end + rows
		end += rows
	}
	return pages, end
}

func TestAMarkIsCompleteAfterEveryPageWhateverTheirOrder(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		pages, end := somePages(random)
		m := newProgress()
		left := len(pages)
		for skip, next := range pages { // Go's own disorder
			if m.isComplete() {
				t.Fatalf("seed %d: complete with %d pages to come: %+v", seed, left, m)
			}
			m.recordPage(skip, next, nil)
			left--
			if next == end {
				m.End = end
			}
		}
		if !m.isComplete() || m.Written != end || len(m.Ahead) > 0 {
			t.Fatalf("seed %d: %+v after all of %v", seed, m, pages)
		}
	}
}

func TestWhereverAWorkerIsKilledThePagesOfAllAttemptsAreAllPages(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 2))
		pages, end := somePages(random)
		m := newProgress()
		written := map[int]int{}
		for attempts := 0; !m.isComplete(); attempts++ {
			if attempts > 200 {
				t.Fatalf("seed %d: no end: %+v", seed, m)
			}
			m = revive(t, m)
			// The pages that a new attempt would ask for, in any order, until it
			// is killed.
			var due []int
			for skip := range pages {
				if _, ahead := m.Ahead[skip]; !ahead && skip >= m.Written {
					due = append(due, skip)
				}
			}
			random.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
			for _, skip := range due[:1+random.IntN(len(due))] {
				if pages[skip] == end {
					m.End = end
				}
				m.recordPage(skip, pages[skip], nil)
				written[skip]++
			}
		}
		for skip := range pages {
			if written[skip] != 1 {
				t.Fatalf("seed %d: page %d was written %d times", seed, skip, written[skip])
			}
		}
	}
}

// revive sends a mark through a heartbeat.
func revive(t *testing.T, m progress) (out progress) {
	t.Helper()
	text, err := json.Marshal(m)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAMarkOfAnEmptyListIsComplete(t *testing.T) {
	m := newProgress()
	m.End = 0
	m.recordPage(0, 0, nil)
	if !m.isComplete() {
		t.Errorf("%+v", m)
	}
}
