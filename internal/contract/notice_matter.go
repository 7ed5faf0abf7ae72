package contract

import "strings"

// A notice's key is <integration>/<word>/<run id or time>. These are the words of
// sessions; package watch writes them.
const (
	wordFailed    = "failed"
	wordStalled   = string(NoticeStalled)
	wordStuck     = string(NoticeStuck)
	wordMoving    = "moving"
	wordCancelled = "cancelled"
	wordAgain     = "again"
	allSessions   = "sessions"
)

// OpenedMatter names what is wrong, for receivers that keep a trouble open until they
// are told that it is over: "<integration>/sessions" from a failed or missed session
// until one completes, and the notice's key for a session that stalls or makes no
// progress. It is "" for good news.
func (n Notice) OpenedMatter() string {
	switch n.Kind {
	case NoticeFailed, NoticeMissed:
		return n.Integration + "/" + allSessions
	case NoticeRecovered, NoticeTest:
		return ""
	}
	return n.Key
}

// ClosedMatters names the matters that are over with a notice; each may never have
// been opened. A failed session neither stalls nor lacks progress any more.
func (n Notice) ClosedMatters() []string {
	word, run, _ := strings.Cut(strings.TrimPrefix(n.Key, n.Integration+"/"), "/")
	ofRun := func(word string) string { return n.Integration + "/" + word + "/" + run }
	every := n.Integration + "/" + allSessions
	switch {
	case n.Kind == NoticeFailed && word == wordFailed, n.Kind == NoticeRecovered && word == wordCancelled:
		return []string{ofRun(wordStalled), ofRun(wordStuck)}
	case n.Kind != NoticeRecovered:
		return nil
	case word == wordMoving:
		return []string{ofRun(wordStuck)}
	case word == wordAgain:
		return []string{every}
	}
	return []string{every, ofRun(wordStalled), ofRun(wordStuck)} // the session completed after all
}
