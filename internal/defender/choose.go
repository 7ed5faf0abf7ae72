package defender

import (
	"fmt"
	"strings"

	"defendersync/internal/httpx"
)

// Choose picks the streams that a session reads: those wanted, by name
// (whatever its case) or id, else all that are usable. A name that several
// streams have means all of them. Warnings are for the operator. When a wanted
// stream is missing or unusable, or nothing is left, the error is a
// *httpx.Error of KindConfig that lists what there is.
func Choose(streams []Stream, wanted []string) (chosen []Stream, warnings []string, err error) {
	if len(wanted) == 0 {
		for _, s := range streams {
			if ok, _ := s.Usable(); ok {
				chosen = append(chosen, s)
			}
		}
		if len(chosen) == 0 {
			return nil, nil, chooseError("the tenant has no stream that tells users", streams)
		}
	}
	taken := map[string]bool{}
	for _, want := range wanted {
		found := false
		for _, s := range streams {
			if want = strings.TrimSpace(want); !strings.EqualFold(want, s.Name) && want != s.ID {
				continue
			}
			if ok, reason := s.Usable(); !ok {
				return nil, nil, chooseError(fmt.Sprintf("stream %q can't be used: %s", httpx.Clip(want), reason), streams)
			}
			found = true
			if !taken[s.ID] {
				taken[s.ID] = true
				chosen = append(chosen, s)
			}
		}
		if !found {
			return nil, nil, chooseError(fmt.Sprintf("there is no stream %q", httpx.Clip(want)), streams)
		}
	}
	for _, s := range chosen {
		if s.AnonymizeUsers {
			warnings = append(warnings, fmt.Sprintf("stream %q shows anonymised users, who can't be matched with people and are skipped", s.Name))
		}
	}
	return chosen, warnings, nil
}

// chooseError says what is wrong with the choice, and what there is to choose
// from.
func chooseError(message string, streams []Stream) error {
	list := make([]string, 0, len(streams))
	for _, s := range streams {
		entry := fmt.Sprintf("%q (%s)", s.Name, s.ID)
		if ok, reason := s.Usable(); !ok {
			entry += ", unusable: " + reason
		}
		list = append(list, entry)
	}
	hint := "the tenant has no stream at all: set up Cloud Discovery first"
	if len(list) > 0 {
		hint = "DEFENDER_STREAMS takes names or ids of: " + strings.Join(list, "; ")
	}
	return &httpx.Error{Peer: peer, Op: "choose the streams", Kind: httpx.KindConfig, Message: message, Hint: hint}
}
