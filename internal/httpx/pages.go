package httpx

import "fmt"

// RepeatedPage returns the error of a server that does not turn its pages: the
// rows at one place are those of another place.
func RepeatedPage(peer string, skip, before int) error {
	return &Error{
		Peer: peer, Op: "turn the page", Kind: KindContract,
		Message: fmt.Sprintf("the server ignores skip: the page at %d is the one at %d again", skip, before),
		Hint:    "going on would read the same rows for ever; report this with the tenant's region",
	}
}

// EmptyPage returns the error of a page that is empty although there is said to
// be more, where rows are known to be missing.
func EmptyPage(peer string) error {
	return &Error{Peer: peer, Op: "read a list", Kind: KindBadAnswer, Message: "the page is empty, and yet there is said to be more"}
}
