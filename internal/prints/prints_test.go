package prints

import (
	"fmt"
	"slices"
	"testing"
)

// draw makes n fingerprints.
func draw(n int) (list []Print) {
	for i := range n {
		list = append(list, Of("stream", fmt.Sprint(i)))
	}
	return list
}

func TestFingerprintsTellRowsApart(t *testing.T) {
	if Of("a", "bc") == Of("ab", "c") || Of("a") == Of("a", "") || Of("a").IsZero() {
		t.Error("texts run into one another")
	}
	if first, again := Of("a", "b"), Of("a", "b"); first != again {
		t.Error("the same texts have two fingerprints")
	}
}

func TestJoinedFingerprintsAreSplit(t *testing.T) {
	list := draw(100)
	got, err := Split(Join(list))
	if err != nil || !slices.Equal(got, list) {
		t.Fatalf("%d came back: %v", len(got), err)
	}
	if _, err := Split(make([]byte, Size+1)); err == nil {
		t.Error("half a fingerprint passed")
	}
}

func TestASetHoldsWhatWasPutIn(t *testing.T) {
	list := draw(1000)
	set := NewSet(append(slices.Clone(list[:500]), list[0], Print{}))
	for i, p := range list {
		if set.Has(p) != (i < 500) {
			t.Fatalf("fingerprint %d: %v", i, set.Has(p))
		}
	}
	if set.Len() != 500 || set.Has(Print{}) {
		t.Errorf("%d in the set", set.Len())
	}
	if both := set.Union(NewSet(list[400:])); both.Len() != 1000 || !both.Has(list[999]) || set.Len() != 500 {
		t.Errorf("%d in both", both.Len())
	}
}

func TestASetIsDecodedAsItWasEncoded(t *testing.T) {
	for _, n := range []int{0, 1, 2, 999} {
		set := NewSet(draw(n))
		got, err := DecodeSet(set.Encode())
		if err != nil || !slices.Equal(got.sorted, set.sorted) {
			t.Errorf("%d fingerprints came back as %d: %v", n, got.Len(), err)
		}
	}
}

func TestTheSetOf62000FitsAPayload(t *testing.T) {
	size := len(NewSet(draw(62_000)).Encode())
	if json := (size + 2) / 3 * 4; json > 500_000 {
		t.Errorf("%d bytes, %d in JSON", size, json)
	}
}

func FuzzDecodeSet(f *testing.F) {
	f.Add([]byte{})
	f.Add(NewSet(draw(3)).Encode())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{1, 0})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := DecodeSet(data)
		if err != nil {
			return
		}
		if !slices.IsSorted(set.sorted) || set.Len() > len(data) {
			t.Fatalf("%d numbers of %d bytes", set.Len(), len(data))
		}
		again, err := DecodeSet(set.Encode())
		if err != nil || !slices.Equal(again.sorted, set.sorted) {
			t.Fatalf("encoded anew it is another: %v", err)
		}
	})
}

func TestTheSampleGrowsWithWhatIsLeftAlone(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, 3: 3, 100: 3, 200: 4, 250: 5, 500: 7, 1500: 9, 2000: 10, 62_000: 18} {
		if got := CountSample(n); got != want {
			t.Errorf("of %d: %d, want %d", n, got, want)
		}
	}
	for n := 1; n < 70_000; n++ {
		if got := CountSample(n); got < CountSample(n-1) || got > max(LeastSample, n/50) || got > MaxRequests || got < min(n, LeastSample) {
			t.Fatalf("of %d: %d", n, got)
		}
	}
}

func TestTheSampleStaysWithinItsBudget(t *testing.T) {
	from := []Candidate{{"s/1", 0}, {"s/2", 50}, {"s/3", 100}, {"s/4", 101}, {"s/5", 5000}, {"s/6", -1}}
	for i, want := range []int{0, 1, 1, 2, 50, 3} {
		if got := from[i].Cost(); got != want {
			t.Errorf("%+v costs %d, want %d", from[i], got, want)
		}
	}
	for salt := range 50 {
		chosen, cost := Choose(fmt.Sprint(salt), from, 3, 4)
		sum := 0
		for _, i := range chosen {
			sum += from[i].Cost()
		}
		if cost > 4 || cost != sum || len(chosen) == 0 || len(chosen) > 3 || slices.Contains(chosen, 0) || slices.Contains(chosen, 4) {
			t.Errorf("salt %d: %v at %d", salt, chosen, cost)
		}
	}
	if chosen, cost := Choose("salt", from, 0, 20); len(chosen) > 0 || cost > 0 {
		t.Errorf("chosen %v though none is wanted", chosen)
	}
	if chosen, _ := Choose("salt", from, 3, -1); len(chosen) > 0 {
		t.Errorf("chosen %v without a budget", chosen)
	}
}

func TestEveryAppIsChosenAtTimes(t *testing.T) {
	var from []Candidate
	for i := range 20 {
		from = append(from, Candidate{fmt.Sprint("s/", i), 10})
	}
	met := map[int]int{}
	for salt := range 400 {
		chosen, _ := Choose(fmt.Sprint(salt), from, 3, 20)
		for _, i := range chosen {
			met[i]++
		}
	}
	for i := range from {
		if met[i] < 30 || met[i] > 100 {
			t.Errorf("app %d was chosen %d times of 400, about 60 are fair", i, met[i])
		}
	}
}
