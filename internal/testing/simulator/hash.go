package simulator

// purpose keeps apart the dice that are thrown for different questions about
// the same thing.
type purpose uint64

// The questions that are answered by hashing.
const (
	diceApp purpose = iota + 1
	diceAppEmpty
	diceAppMask
	dicePerm
	dicePair
	dicePairMask
	dicePairLag
	diceDay
	diceGrowth
	dicePerson
	diceSpelling
	diceTraffic
	diceBadUser
	diceBadApp
	diceAnonymous
	diceDrift
	diceExisting
	diceRefuse
	diceFault
	diceShuffle
	diceDayApp
	dicePairPast
	diceView
	diceStill
	diceVolatile
)

// seed is the root of everything that is random here.
type seed uint64

// mixBits spreads the bits of x evenly (the finalizer of splitmix64).
func mixBits(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// drawBits gives 64 even bits for one question about one pair of things.
func (s seed) drawBits(p purpose, a, b uint64) uint64 {
	return mixBits(mixBits(mixBits(uint64(s)+uint64(p)*0xd6e8feb86659fd93)^a) ^ b)
}

// drawTextBits gives 64 even bits for one question about a text.
func (s seed) drawTextBits(p purpose, texts ...string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, t := range texts {
		h = hashText(h, t)
		h = (h ^ 0xff) * 0x100000001b3
	}
	return s.drawBits(p, h, uint64(len(texts)))
}

// hashText carries an FNV-1a hash on over a text.
func hashText[T string | []byte](h uint64, t T) uint64 {
	for i := 0; i < len(t); i++ {
		h = (h ^ uint64(t[i])) * 0x100000001b3
	}
	return h
}

// scaleToUnit maps even bits onto [0, 1).
func scaleToUnit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// fallsWithin reports whether a throw of even bits falls within a share of 0 to 1.
func fallsWithin(h uint64, share float64) bool { return share > 0 && scaleToUnit(h) < share }

// permutation is a bijection on [0, n), cheap in both directions of use here:
// the k-th user of an app, a brand's place in the list.
type permutation struct{ n, mul, add uint64 }

// newPermutation draws one from even bits.
func newPermutation(n int, h uint64) permutation {
	if n < 2 {
		return permutation{n: 1, mul: 1}
	}
	p := permutation{n: uint64(n), mul: 1 + h%uint64(n-1), add: mixBits(h) % uint64(n)}
	for gcd(p.mul, p.n) != 1 {
		p.mul++
	}
	return p
}

func (p permutation) mapIndex(k int) int { return int((uint64(k)*p.mul + p.add) % p.n) }

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
