package prints

import (
	"bytes"
	"crypto/sha256"
	"math/bits"
	"slices"
)

const (
	// LeastSample is how many of the apps that may be left alone are read all the
	// same, however few there are.
	LeastSample = 3
	// sampleShare is the part of them that is read at most (2 %), where that is more.
	sampleShare = 50
	// MaxRequests bounds the requests that the sample of a session and its opening
	// take beyond the pages of apps.
	MaxRequests = 20
	// unknownCost is what the users of an app are taken to cost whose number is not
	// known.
	unknownCost = 3
	// pageRows is how many users a request returns.
	pageRows = 100
)

// CountSample returns how many of n apps that may be left alone are to be read to
// verify their rows. It grows with the number of digits of n, so that the sample is
// spread over lists whose length is not known in advance: 3 of 100, 7 of 500, 10 of
// 2,000, 18 of 60,000.
func CountSample(n int) int {
	spread := LeastSample + 3*bits.Len(uint(n/100))/2
	return min(n, max(LeastSample, min(n/sampleShare, spread)))
}

// Candidate is an app that may be left alone.
type Candidate struct {
	ID    string // stream and app
	Users int    // as its row counts them; -1: not known
}

// Cost is how many requests reading its users takes at most, where its row counts
// them right; 0 where there is nobody to read.
func (c Candidate) Cost() int {
	if c.Users < 0 {
		return unknownCost
	}
	return (c.Users + pageRows - 1) / pageRows
}

// Choose picks at most most of the candidates, and no more than cost budget
// requests together. Nobody who does not know the salt can tell which, and the same
// salt picks the same. It returns their indexes, and what they cost.
func Choose(salt string, from []Candidate, most, budget int) (chosen []int, cost int) {
	type drawn struct {
		index int
		lot   [sha256.Size]byte
	}
	lots := make([]drawn, 0, len(from))
	for i, c := range from {
		lots = append(lots, drawn{i, sha256.Sum256([]byte(salt + "/" + c.ID))})
	}
	slices.SortFunc(lots, func(a, b drawn) int { return bytes.Compare(a.lot[:], b.lot[:]) })
	for _, d := range lots {
		c := from[d.index].Cost()
		if c == 0 || len(chosen) >= most || cost+c > budget {
			continue
		}
		chosen, cost = append(chosen, d.index), cost+c
	}
	slices.Sort(chosen)
	return chosen, cost
}
