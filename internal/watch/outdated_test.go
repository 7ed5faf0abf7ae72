package watch

import (
	"slices"
	"testing"

	"defendersync/internal/contract"
)

func TestAMatterIsOutdatedOnceALaterNoticeSaysTheOpposite(t *testing.T) {
	notice := func(kind contract.NoticeKind, key string) contract.Notice {
		return contract.Notice{Integration: "contoso", Kind: kind, Key: "contoso/" + key}
	}
	all := []contract.Notice{
		notice(contract.NoticeStuck, "no-progress/r1"),
		notice(contract.NoticeFailed, "failed/r1"),
		notice(contract.NoticeMissed, "missed/2026-11-24T03:00:00Z"),
		notice(contract.NoticeRecovered, "again/r2"),
		notice(contract.NoticeStalled, "stalled/r3"),
		notice(contract.NoticeFailed, "failed/r4"),
		notice(contract.NoticeRecovered, "completed/r3"),
	}
	for i, want := range [][]string{
		{"contoso/no-progress/r1"},               // the session failed
		{"contoso/sessions", "contoso/sessions"}, // sessions completed again, twice
		{"contoso/sessions", "contoso/sessions"}, // as before
		{"contoso/sessions"},                     // another one failed
		{"contoso/stalled/r3"},                   // it completed after all
		{"contoso/sessions"},                     // that one makes up for it
		nil,                                      // the latest
	} {
		if got := ListOutdated(all, all[i]); !slices.Equal(got, want) {
			t.Errorf("%s: outdated %q, want %q", all[i].Key, got, want)
		}
	}
	if got := ListOutdated(all, notice(contract.NoticeMissed, "missed/unknown")); !slices.Contains(got, "contoso/sessions") {
		t.Errorf("a notice that is no longer kept: %q", got)
	}
}
