package usersync

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func TestACheckpointSurvivesItsJSON(t *testing.T) {
	cp := contract.Checkpoint{
		Done: []int{0, 4}, Open: map[int]contract.ListMark{2: {Written: 300, Ahead: map[int]int{400: 500, 700: 742}, End: 742, Moved: true}, 3: {End: -1}},
		Retry: []string{"17"}, Dialect: contract.Dialect{Prefix: "/cas/api/v1", UsersEndpoint: "users"}, Keeping: contract.KeepingIgnored,
		Requests: saas.Requests{Defender: 12, Waited: time.Minute}, LastWritten: time.Date(2026, 11, 20, 3, 0, 0, 5, time.UTC), Failure: "HTTP 503",
	}
	cp.Counts.Users.Added = 7
	cp.Rejects.Add(saas.Reject{Reason: "x", App: "17"}, saas.MaxSamples)
	cp.Skips.Count("device", 3)
	text, err := json.Marshal(cp)
	if err != nil {
		t.Fatal(err)
	}
	var got contract.Checkpoint
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, cp) {
		t.Errorf("it became %+v", got)
	}
}

// list is a list of users of which every page but the last is full, unless
// short pages are strewn in, as rows that vanish make them.
func list(random *rand.Rand) (pages map[int]int, end int) {
	pages = map[int]int{}
	for range 1 + random.IntN(12) {
		rows := pageRows
		if random.IntN(3) == 0 {
			rows = 1 + random.IntN(pageRows)
		}
		pages[end] = end + rows
		end += rows
	}
	return pages, end
}

func TestAMarkIsCompleteAfterEveryPageWhateverTheirOrder(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		pages, end := list(random)
		m := newMark()
		left := len(pages)
		for skip, next := range pages { // Go's own disorder
			if m.complete() {
				t.Fatalf("seed %d: complete with %d pages to come: %+v", seed, left, m)
			}
			m.wrote(skip, next)
			left--
			if next == end {
				m.End = end
			}
		}
		if !m.complete() || m.Written != end || len(m.Ahead) > 0 {
			t.Fatalf("seed %d: %+v after all of %v", seed, m, pages)
		}
	}
}

func TestWhereverAWorkerIsKilledThePagesOfAllAttemptsAreAllPages(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 2))
		pages, end := list(random)
		m := newMark()
		written := map[int]int{}
		for attempts := 0; !m.complete(); attempts++ {
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
				m.wrote(skip, pages[skip])
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
func revive(t *testing.T, m mark) (out mark) {
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
	m := newMark()
	m.End = 0
	m.wrote(0, 0)
	if !m.complete() {
		t.Errorf("%+v", m)
	}
}
