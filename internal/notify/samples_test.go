package notify

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

var three = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

// failed is a notice that has everything.
func failed() contract.Notice {
	return contract.Notice{
		Key: "microsoft-defender/failed/session/microsoft-defender-2026-11-23T03:00:00Z", Kind: contract.NoticeFailed,
		Integration: "microsoft-defender", At: three, Since: three.Add(-24*time.Hour - 5*time.Minute),
		Headline: "Oomnitza refused the API token", Cause: "Oomnitza answered 401 to every request since 02:58.",
		Todo:    "Make a new token in Oomnitza and restart the worker with it.",
		Session: "session/microsoft-defender-2026-11-23T03:00:00Z", Run: "4f6c",
		Link:   "https://temporal.contoso.com/namespaces/default/workflows/session%2Fmicrosoft-defender-2026-11-23T03:00:00Z",
		Errors: []saas.ReasonCount{{Reason: "user row unreadable", Count: 88}, {Reason: "username is taken", Count: 7}},
		Progress: &contract.NoticeProgress{
			Phase: "carrying over users", AppsRead: 122, AppsKnown: 372, LastProgress: three.Add(-time.Hour), ExpectedEnd: three.Add(14 * time.Hour),
			Counts: saas.Counts{
				Apps:   saas.AppCounts{Seen: 122, Created: 77, Unchanged: 40, Adopted: 5, Rejected: 3},
				People: saas.PeopleCounts{Created: 701, Rejected: 2},
				Users:  saas.UserCounts{Seen: 11306, Added: 8814, Updated: 295, Unchanged: 1900, Repeated: 70, Skipped: 227, Rejected: 90},
			},
		},
	}
}

// samples is a notice of each kind, as the watch words them.
func samples() map[string]contract.Notice {
	stalled := failed()
	stalled.Kind, stalled.Headline = contract.NoticeStalled, "The session has not completed within 24 hours"
	stalled.Cause, stalled.Errors = "It still moves; Defender's budget of requests is the limit.", nil
	stuck := stalled
	stuck.Kind, stuck.Headline, stuck.Cause = contract.NoticeStuck, "The session has made no progress for an hour", "Defender has answered 503 since 02:00."
	missed := contract.Notice{
		Key: "k", Kind: contract.NoticeMissed, Integration: "microsoft-defender", At: three, Since: three.Add(-15 * time.Minute),
		Headline: "The session of 02:45 UTC did not run", Cause: "The schedule is paused, by ann@desk on 23 November: audit.",
		Todo: "Resume it with 'defendersync schedule resume' when it should run again.",
	}
	recovered := contract.Notice{
		Key: "k", Kind: contract.NoticeRecovered, Integration: "microsoft-defender", At: three, Since: three.Add(-50 * time.Hour),
		Headline: "Sessions complete again", Session: failed().Session, Link: failed().Link,
	}
	test := contract.Notice{
		Key: "k", Kind: contract.NoticeTest, Integration: "microsoft-defender", At: three, Headline: "This is a test",
		Cause: "Somebody ran 'defendersync notifications test'.", Todo: "Nothing: this channel works.",
	}
	return map[string]contract.Notice{
		"failed": failed(), "stalled": stalled, "stuck": stuck, "missed": missed, "recovered": recovered, "test": test,
	}
}
