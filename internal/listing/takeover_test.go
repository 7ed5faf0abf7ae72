package listing

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"defendersync/internal/contract"
)

// takeover reads a list in attempts, each of which goes on from the mark of the one
// before it. Pages are asked for, and dealt with, in any order.
type takeover struct {
	list    *aList
	length  Length
	options Options
	random  *rand.Rand
	reader  *Reader
	taken   []takenPage
	met     map[string]time.Time // by pages that were dealt with
	asked   map[int]int          // how often each page was
}

// takenPage is a page that was read and is not dealt with.
type takenPage struct {
	ask  Ask
	turn Turn
	page UserPage
}

func newTakeover(rows, ahead int, random *rand.Rand) *takeover {
	o := Options{Ahead: ahead}
	return &takeover{
		list: newList(rows), length: NewLength(rows), options: o, random: random, reader: NewReader(&Habits{}, NewLength(rows), o),
		met: map[string]time.Time{}, asked: map[int]int{},
	}
}

// step asks for a page, or deals with one, as chance wants it; false: the list is Done.
func (k *takeover) step(t *testing.T) bool {
	t.Helper()
	if k.random.IntN(2) == 0 || len(k.taken) == 0 {
		if ask, ok := k.reader.NextAsk(); ok {
			k.take(t, ask)
			return true
		}
	}
	if len(k.taken) > 0 {
		k.finish(k.random.IntN(len(k.taken)))
	}
	return k.reader.State() != Done
}

func (k *takeover) take(t *testing.T, ask Ask) {
	t.Helper()
	page := k.list.page(ask.Skip)
	k.asked[ask.Skip]++
	turn, err := k.reader.TakePage(ask, &page)
	if err != nil {
		t.Fatal(err)
	}
	k.taken = append(k.taken, takenPage{ask, turn, page})
}

func (k *takeover) finish(i int) {
	p := k.taken[i]
	k.taken = append(k.taken[:i], k.taken[i+1:]...)
	known := 0
	for _, u := range p.page.Users {
		if !u.LastActivity.After(k.met[u.User]) {
			known++
		}
		k.met[u.User] = u.LastActivity
	}
	k.reader.FinishPage(p.ask, p.turn, known)
}

// kill has another reader take over: what was not dealt with is lost.
func (k *takeover) kill(t *testing.T) {
	t.Helper()
	for _, p := range k.taken {
		k.asked[p.ask.Skip]--
	}
	k.taken = nil
	m, begun := k.reader.CopyMark()
	if !begun {
		k.reader = NewReader(&Habits{}, k.length, k.options)
		return
	}
	text, err := json.Marshal(m)
	var left contract.ListMark
	if err == nil {
		err = json.Unmarshal(text, &left)
	}
	if err != nil {
		t.Fatal(err)
	}
	k.reader = ResumeReader(&Habits{}, k.length, k.options, left)
}

// eachTakeover reads lists of up to so many rows, which several readers take over, and
// calls between whenever one does.
func eachTakeover(t *testing.T, between func(*takeover), judge func(name string, k *takeover)) {
	for _, ahead := range []int{0, 8} {
		for seed := range uint64(150) {
			random := rand.New(rand.NewPCG(seed, 7))
			k := newTakeover(101+random.IntN(900), ahead, random)
			kills := 1 + random.IntN(3)
			for steps := 0; k.step(t); steps++ {
				if steps > 1000 {
					t.Fatalf("seed %d, %d ahead: no end", seed, ahead)
				}
				if kills > 0 && random.IntN(8) == 0 {
					kills--
					k.kill(t)
					between(k)
				}
			}
			judge(fmt.Sprintf("seed %d, %d ahead", seed, ahead), k)
		}
	}
}

func TestNobodyIsMissedInAListThatMovesWhileAnotherReaderTakesOver(t *testing.T) {
	healed := 0
	move := func(k *takeover) {
		for range 1 + k.random.IntN(3)*k.random.IntN(80) {
			k.list.move(k.random.IntN(len(k.list.users)))
		}
	}
	eachTakeover(t, move, func(name string, k *takeover) {
		if k.asked[0] > 1 {
			healed++
		}
		if len(k.met) < len(k.list.users) {
			t.Errorf("%s: %d of %d were met, and nothing tells: %+v", name, len(k.met), len(k.list.users), k.reader.Judge())
		}
	})
	if healed == 0 {
		t.Error("no list was read again: none moved as this test wants it")
	}
}

func TestAListThatStandsStillIsReadOnceWhoeverTakesOver(t *testing.T) {
	eachTakeover(t, func(*takeover) {}, func(name string, k *takeover) {
		if len(k.met) < len(k.list.users) {
			t.Errorf("%s: %d of %d were met", name, len(k.met), len(k.list.users))
		}
		for skip, times := range k.asked {
			if times != 1 {
				t.Errorf("%s: the page at %d was dealt with %d times", name, skip, times)
			}
		}
	})
}
