package ratelimit

import "time"

// Jitter is a number in [0,1) that follows from the clock alone: at another
// nanosecond it is another one. Clients that failed together read the clock at
// different nanoseconds, which is all the randomness that a pause needs; and a
// run that is repeated in virtual time meets the same numbers again.
func Jitter() float64 {
	x := uint64(time.Now().UnixNano()) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9 // the finalizer of splitmix64
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}
