package notify

import (
	"fmt"
	"strconv"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/moment"
	"defendersync/internal/saas"
)

// view is the content of both templates.
type view struct {
	Subject, Title, Headline, Integration string

	Colours  colours
	Facts    []fact
	Cause    string
	Todo     string
	Progress *progress
	Errors   []saas.ReasonCount
	Link     string
	Footer   string
}

// fact is a line in the table of facts.
type fact struct{ Label, Value string }

// progress is how far the session has got, with a table of counts.
type progress struct {
	Where string // "carrying over users, apps 12 of ~200"
	Rows  []countRow
	Notes []string
}

// countRow says to how many apps, users of apps and people something happened.
type countRow struct{ Name, Apps, Users, People string }

// colours are those of a kind of notice, for light and dark mode. Each has enough
// contrast with the text on or beside it.
type colours struct{ Bar, Word, DarkWord string }

func coloursOf(k contract.NoticeKind) colours {
	switch {
	case k.IsGood():
		return colours{"#2e7d4f", "#1d6b3d", "#7fd6a0"}
	case k == contract.NoticeFailed:
		return colours{"#c0392b", "#a52a1e", "#ff9c8f"}
	}
	return colours{"#c77d0a", "#8a5600", "#f5c069"}
}

func newView(n contract.Notice, to string) view {
	zone := moment.LoadZone(n.Timezone)
	v := view{
		Subject: FormatSubject(n), Title: n.Kind.Title(), Headline: headlineOf(n), Integration: httpx.Clip(n.Integration),
		Colours: coloursOf(n.Kind), Cause: cleanParagraph(n.Cause), Todo: cleanParagraph(n.Todo),
		Link: safeLink(n.Link), Footer: formatFooter(n, to),
	}
	v.addFact("Integration", v.Integration)
	if !n.Since.IsZero() {
		v.addFact(sinceLabel(n.Kind), moment.FormatProse(n.Since, zone)+formatAge(n.Since, n.At))
	}
	if !n.At.IsZero() {
		v.addFact("Detected", moment.FormatProse(n.At, zone))
	}
	v.addFact("Session", httpx.Clip(n.Session))
	for i, e := range n.Errors {
		if i == maxErrors {
			break
		}
		v.Errors = append(v.Errors, saas.ReasonCount{Reason: httpx.Clip(e.Reason), Count: e.Count})
	}
	if n.Progress != nil {
		v.Progress = newProgress(*n.Progress, zone)
	}
	return v
}

// formatFooter says why the contact gets the mail, and which setting to change.
func formatFooter(n contract.Notice, to string) string {
	return fmt.Sprintf("defendersync sent this to %s, a contact of %s (setting INTEGRATION_CONTACTS). Replies are not read.",
		httpx.Clip(to), httpx.Clip(n.Integration))
}

// maxErrors bounds the reasons for rejected rows that a notice lists.
const maxErrors = 5

func (v *view) addFact(label, value string) {
	if value != "" {
		v.Facts = append(v.Facts, fact{label, value})
	}
}

func sinceLabel(k contract.NoticeKind) string {
	switch k {
	case contract.NoticeFailed, contract.NoticeStalled, contract.NoticeStuck:
		return "Session began"
	case contract.NoticeMissed:
		return "Due"
	}
	return "Since"
}

func newProgress(p contract.NoticeProgress, zone *time.Location) *progress {
	a, u, c := p.Counts.Apps, p.Counts.Users, p.Counts.People
	out := &progress{Where: formatPosition(p), Rows: []countRow{
		{"seen", strconv.Itoa(a.Seen), strconv.Itoa(u.Seen), ""},
		{"added", strconv.Itoa(a.Created), strconv.Itoa(u.Added), strconv.Itoa(c.Created)},
		{"updated", strconv.Itoa(a.Updated), strconv.Itoa(u.Updated), ""},
		{"unchanged", strconv.Itoa(a.Unchanged + a.Adopted), strconv.Itoa(u.Unchanged + u.Repeated), ""},
		{"skipped", "", strconv.Itoa(u.Skipped), ""},
		{"rejected", strconv.Itoa(a.Rejected), strconv.Itoa(u.Rejected), strconv.Itoa(c.Rejected)},
	}}
	if !p.LastProgress.IsZero() {
		out.Notes = append(out.Notes, "Last progress: "+moment.FormatProse(p.LastProgress, zone)+".")
	}
	if !p.ExpectedEnd.IsZero() {
		out.Notes = append(out.Notes, "Estimated end at this pace: "+moment.FormatProse(p.ExpectedEnd, zone)+".")
	}
	return out
}
