package simulate

// dice are even bits that follow from a seed and from what is asked.
type dice uint64

// mixBits spreads the bits of x evenly (the finalizer of splitmix64).
func mixBits(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// rollFor throws the dice for a question about some things.
func (d dice) rollFor(question string, about ...uint64) uint64 {
	h := mixBits(uint64(d) ^ hashOf(question))
	for _, a := range about {
		h = mixBits(h ^ a)
	}
	return h
}

// hashOf carries FNV-1a over texts.
func hashOf[T string | []byte](texts ...T) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, t := range texts {
		for i := range len(t) {
			h = (h ^ uint64(t[i])) * 0x100000001b3
		}
		h = (h ^ 0xff) * 0x100000001b3
	}
	return h
}

// toUnit maps even bits onto [0, 1).
func toUnit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// fallsWithin reports whether even bits fall within a share of 0 to 1.
func fallsWithin(h uint64, share float64) bool { return toUnit(h) < share }
