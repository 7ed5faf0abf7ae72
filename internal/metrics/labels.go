package metrics

import (
	"slices"
	"strings"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// The values of labels are bounded: what is in none of these lists is counted as other.

// Other is the value of what no list has, such as a reason of a later version.
const Other = "other"

// None is the mode of a session that ended before it had one, or could not report it.
const None = "none"

// Values of LabelPeer.
const (
	peerDefender = "defender"
	peerOomnitza = "oomnitza"
)

var peers = []string{peerDefender, peerOomnitza}

// modes and outcomes are those of sessions.
var (
	modes    = []contract.SessionMode{contract.ModeFull, contract.ModeIncremental, contract.ModeDryRun, contract.ModeLimited, contract.ModeNone}
	outcomes = []saas.Outcome{
		saas.OutcomeCompleted, saas.OutcomeCompletedWithErrors, saas.OutcomeFailed, saas.OutcomeCancelled, saas.OutcomeSkipped,
		saas.OutcomeTerminated, saas.OutcomeTimedOut,
	}
)

// rejectReasons and skipReasons are the texts that docs/reasons.md explains.
var (
	rejectReasons = []string{
		"app row unreadable", "user row unreadable", "users unreadable", "page of users unreadable", "list of users cut off",
		"list of users kept changing", "page of apps unreadable", "list of apps cut off", "list of apps kept changing", "users missing",
		"person refused by Oomnitza", "username of two people", "assignment refused by Oomnitza", "last activity in Oomnitza not known",
		"users of the app refused by Oomnitza", "app refused by Oomnitza", "app not brought up to date in Oomnitza",
		"SaaS record missing in Oomnitza", "number of active users not written",
	}
	skipReasons = []string{
		string(saas.SkipEmpty), string(saas.SkipAnonymised), string(saas.SkipDevice), string(saas.SkipService), string(saas.SkipExcluded),
		string(saas.SkipUnmappable),
	}
)

// channels are the ways of notices.
var channels = []string{contract.ChannelEmail, contract.ChannelWebhook, contract.ChannelPing}

// Outcomes of deliveries.
const (
	deliveryDone    = "delivered"
	deliveryFailed  = "failed"     // tried again soon
	deliveryRefused = "refused"    // tried again in an hour, in case somebody corrects a setting
	deliveryOff     = "not_set_up" // the worker has no such channel
)

var deliveryOutcomes = []string{deliveryDone, deliveryFailed, deliveryRefused, deliveryOff}

// Outcomes of requests beside those of requestOutcomes.
const (
	requestOK    = "ok"
	requestEnded = "given_up" // by the worker, because the session or the worker ends
)

// requestOutcomes are the outcomes of requests that failed.
var requestOutcomes = map[httpx.Kind]string{
	httpx.KindNetwork: "no_answer", httpx.KindServer: "server_error", httpx.KindRateLimited: "rate_limited",
	httpx.KindBadAnswer: "bad_answer", httpx.KindUnauthorized: "unauthorized", httpx.KindNotFound: "not_found",
	httpx.KindConflict: "conflict", httpx.KindRefused: "refused", httpx.KindContract: "unknown_shape", httpx.KindConfig: "configuration",
}

// outcomeOfRequest is the outcome by which a request is counted.
func outcomeOfRequest(x httpx.Exchange) string {
	switch {
	case x.Ended:
		return requestEnded
	case x.Kind == "":
		return requestOK
	}
	if outcome, known := requestOutcomes[x.Kind]; known {
		return outcome
	}
	return Other
}

// listRequestOutcomes lists every outcome of a request, sorted.
func listRequestOutcomes() []string {
	out := []string{requestOK, requestEnded}
	for _, outcome := range requestOutcomes {
		out = append(out, outcome)
	}
	slices.Sort(out)
	return out
}

// snake is a word of ours as a label value: "Completed with errors" is
// completed_with_errors.
func snake(word string) string { return strings.ReplaceAll(strings.ToLower(word), " ", "_") }

// modeLabel is the label of a mode.
func modeLabel(m contract.SessionMode) string {
	switch {
	case m == contract.ModeNone:
		return None
	case slices.Contains(modes, m):
		return snake(string(m))
	}
	return Other
}

// outcomeLabel is the label of an outcome.
func outcomeLabel(o saas.Outcome) string {
	if slices.Contains(outcomes, o) {
		return snake(string(o))
	}
	return Other
}

// bound is a value, or Other if the list does not have it.
func bound(value string, list []string) string {
	if slices.Contains(list, value) {
		return value
	}
	return Other
}
