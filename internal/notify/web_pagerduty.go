package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/contract"
)

// The bodies for PagerDuty: events of its Events API v2
// (developer.pagerduty.com/docs/events-api-v2, and the OpenAPI document
// reference/events-v2 of PagerDuty/api-schema). A notice of a trouble triggers an
// alert, good news resolve it: both name its matter as the dedup_key. A resolve for
// which there is no alert is dropped by PagerDuty. A summary may have 1,024
// characters, a dedup_key 255.

// Limits of PagerDuty, in characters.
const (
	eventSummary = 1024
	eventKey     = 255
)

const (
	eventTrigger = "trigger"
	eventResolve = "resolve"
	eventClient  = "defendersync"
)

type event struct {
	RoutingKey string        `json:"routing_key"`
	Action     string        `json:"event_action"`
	DedupKey   string        `json:"dedup_key"`
	Payload    *eventPayload `json:"payload,omitempty"` // of a trigger
	Client     string        `json:"client,omitempty"`
	ClientURL  string        `json:"client_url,omitempty"`
	Links      []eventLink   `json:"links,omitempty"`
}

type eventPayload struct {
	Summary   string            `json:"summary"`
	Source    string            `json:"source"`
	Severity  string            `json:"severity"`
	Timestamp string            `json:"timestamp,omitempty"`
	Component string            `json:"component"`
	Group     string            `json:"group"`
	Class     string            `json:"class"`
	Details   map[string]string `json:"custom_details"`
}

type eventLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// newEvents returns the events of a notice: a trigger for what it opens, then a
// resolve for each matter that is over with it. None is for an outdated matter, about
// which PagerDuty has been told the opposite. A test triggers and resolves an alert of
// its own.
func newEvents(n contract.Notice, routingKey string, outdated []string) []event {
	opened, closed := n.OpenedMatter(), n.ClosedMatters()
	if n.Kind == contract.NoticeTest {
		opened, closed = n.Key, []string{n.Key}
	}
	isOutdated := func(matter string) bool { return slices.Contains(outdated, matter) }
	var out []event
	if opened != "" && !isOutdated(opened) {
		out = append(out, newTrigger(n, routingKey, opened))
	}
	for _, matter := range slices.DeleteFunc(closed, isOutdated) {
		out = append(out, event{RoutingKey: routingKey, Action: eventResolve, DedupKey: dedupKey(matter)})
	}
	return out
}

// dedupKey is unique among all that report to the same PagerDuty service.
func dedupKey(matter string) string { return cutText(eventClient+"/"+matter, eventKey) }

func newTrigger(n contract.Notice, routingKey, matter string) event {
	v := newView(n, "")
	e := event{
		RoutingKey: routingKey, Action: eventTrigger, DedupKey: dedupKey(matter), Client: eventClient, ClientURL: v.Link,
		Payload: &eventPayload{
			Summary: cutText(v.Integration+": "+v.Headline, eventSummary), Source: v.Integration, Severity: severityOf(n.Kind),
			Component: eventClient, Group: v.Integration, Class: string(n.Kind), Details: eventDetails(v),
		},
	}
	if !n.At.IsZero() {
		e.Payload.Timestamp = n.At.UTC().Format(time.RFC3339)
	}
	if v.Link != "" {
		e.Links = []eventLink{{v.Link, "Open in the Temporal Web UI"}}
	}
	return e
}

// severityOf decides how urgent an alert is: PagerDuty takes critical and error for
// high urgency, warning and info for low (support.pagerduty.com, "Dynamic
// Notifications").
func severityOf(k contract.NoticeKind) string {
	switch k {
	case contract.NoticeFailed, contract.NoticeMissed:
		return "error"
	case contract.NoticeTest:
		return "info"
	}
	return "warning"
}

// eventDetails are the facts of a notice under the names that its mail has.
func eventDetails(v view) map[string]string {
	out := map[string]string{"Kind": v.Title}
	add := func(name, text string) {
		if text != "" {
			out[name] = text
		}
	}
	for _, f := range v.Facts {
		add(f.Label, f.Value)
	}
	add("Why", v.Cause)
	add("What to do", v.Todo)
	if p := v.Progress; p != nil {
		add("Done so far", p.Where)
		for _, f := range p.countLines() {
			add(f.Label, f.Value)
		}
	}
	var reasons []string
	for _, e := range v.Errors {
		reasons = append(reasons, fmt.Sprintf("%d × %s", e.Count, e.Reason))
	}
	add("Rejected rows", strings.Join(reasons, "; "))
	return out
}

// writeEvents encodes events, one for each request.
func writeEvents(events []event) ([]message, error) {
	var out []message
	for _, e := range events {
		text, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("encode the notice: %w", err)
		}
		m := message{body: text}
		if e.Payload != nil {
			m.line = e.Payload.Summary
		}
		out = append(out, m)
	}
	return out, nil
}

// isEventAccepted reports whether a 2xx answer says that PagerDuty has the event: it
// answers 202 with {"status":"success",…}. Whatever else answers, such as a proxy, has
// not passed it on.
func isEventAccepted(answer []byte) bool {
	var said struct{ Status string }
	return json.Unmarshal(answer, &said) == nil && said.Status == "success"
}
