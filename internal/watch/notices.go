package watch

import (
	"slices"

	"defendersync/internal/contract"
)

const (
	// keptNotices bounds the notices of the in-app channel.
	keptNotices = 50
	// keptKeys bounds the keys that are kept so that no notice is sent twice.
	keptKeys = 200
)

// keepNotice adds a notice to the in-app channel.
func keepNotice(s *contract.WatchState, n contract.Notice) {
	s.SentKeys = append(s.SentKeys, n.Key)
	s.SentKeys = s.SentKeys[max(0, len(s.SentKeys)-keptKeys):]
	s.Notices = append(s.Notices, n)
	s.Notices = s.Notices[max(0, len(s.Notices)-keptNotices):]
}

// MarkRead marks notices as read.
func MarkRead(s *contract.WatchState, marked contract.ReadNotices) {
	for i, n := range s.Notices {
		s.Notices[i].Read = n.Read || marked.All || slices.Contains(marked.Keys, n.Key)
	}
}

// FindNotice finds a notice by its key. The key "" is that of a ping, which has no
// notice and is always found.
func FindNotice(s *contract.WatchState, key string) (contract.Notice, bool) {
	i := slices.IndexFunc(s.Notices, func(n contract.Notice) bool { return n.Key == key })
	if i < 0 {
		return contract.Notice{}, key == ""
	}
	return s.Notices[i], true
}

// ListOutdated returns the matters of a notice of which a later one says the opposite:
// that what it reports is over, or is wrong again.
func ListOutdated(notices []contract.Notice, n contract.Notice) (out []string) {
	i := slices.IndexFunc(notices, func(known contract.Notice) bool { return known.Key == n.Key })
	for _, later := range notices[i+1:] {
		if opened := n.OpenedMatter(); opened != "" && slices.Contains(later.ClosedMatters(), opened) {
			out = append(out, opened)
		}
		if again := later.OpenedMatter(); again != "" && slices.Contains(n.ClosedMatters(), again) {
			out = append(out, again)
		}
	}
	return out
}

// CountUnread returns how many notices nobody has marked as read.
func CountUnread(s *contract.WatchState) int {
	n := 0
	for _, notice := range s.Notices {
		if !notice.Read {
			n++
		}
	}
	return n
}

// noneUnread is the search attribute of a watch without unread notices.
const noneUnread = "none"

// LatestUnread returns the kind of the latest unread notice, or "none".
func LatestUnread(s *contract.WatchState) string {
	for _, n := range slices.Backward(s.Notices) {
		if !n.Read {
			return string(n.Kind)
		}
	}
	return noneUnread
}
