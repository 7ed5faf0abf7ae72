package notify

import (
	"fmt"
	"strings"

	"defendersync/internal/contract"
)

// The body for Slack: blocks, and a text for notifications and for clients that show
// no blocks (docs.slack.dev, "Sending messages using incoming webhooks" and the Block
// Kit reference). Slack refuses a body whose header has more than 150 characters,
// whose section has more than 3,000, whose fields are more than ten or have more than
// 2,000, and more than 50 blocks.
//
// Whatever may come from a tenant is in objects of type plain_text, which have no
// markup. In mrkdwn and in the text, & < > are control characters and are escaped
// (docs.slack.dev, "Formatting message text"). There is no button for the link: Slack
// would report a click on it to an app that does not listen.

// Limits of Slack, in characters.
const (
	slackHeader = 150
	slackField  = 2000
	slackText   = 3000
)

type slackMessage struct {
	Text   string       `json:"text"`
	Blocks []slackBlock `json:"blocks"`
}

// slackBlock is a header, a section or a context.
type slackBlock struct {
	Type     string        `json:"type"`
	Text     *slackObject  `json:"text,omitempty"`
	Fields   []slackObject `json:"fields,omitempty"`
	Elements []slackObject `json:"elements,omitempty"`
}

type slackObject struct {
	Type     string `json:"type"` // plain_text or mrkdwn
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji,omitempty"`    // of plain_text: whether :x: is a picture
	Verbatim bool   `json:"verbatim,omitempty"` // of mrkdwn: URLs and names are no links
}

func newSlackMessage(n contract.Notice) slackMessage {
	v := newView(n, "")
	m := slackMessage{Text: escapeSlack(FormatSummary(n))}
	header := plainText(slackMark(n.Kind)+v.Headline, slackHeader)
	m.Blocks = append(m.Blocks, slackBlock{Type: "header", Text: &header})
	m.addLabel(v.Title)
	m.addFields(v.Facts)
	m.addParagraph("Why", v.Cause)
	m.addParagraph("What to do", v.Todo)
	if p := v.Progress; p != nil {
		m.addParagraph("Done so far", strings.Join(append(listNonEmpty(p.Where), p.Notes...), "\n"))
		m.addFields(p.countLines())
	}
	var reasons []string
	for _, e := range v.Errors {
		reasons = append(reasons, fmt.Sprintf("%d × %s", e.Count, e.Reason))
	}
	m.addParagraph("Rejected rows, by reason", strings.Join(reasons, "\n"))
	if v.Link != "" {
		m.Blocks = append(m.Blocks, slackBlock{Type: "context", Elements: []slackObject{{
			Type: "mrkdwn", Text: "<" + escapeSlack(strings.ReplaceAll(v.Link, "|", "%7C")) + "|Open in the Temporal Web UI>", Verbatim: true,
		}}})
	}
	return m
}

func listNonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// addParagraph adds a text below a label; neither where there is no text.
func (m *slackMessage) addParagraph(label, text string) {
	if text == "" {
		return
	}
	m.addLabel(label)
	object := plainText(text, slackText)
	m.Blocks = append(m.Blocks, slackBlock{Type: "section", Text: &object})
}

// addLabel adds one of our own words in bold type.
func (m *slackMessage) addLabel(text string) {
	m.Blocks = append(m.Blocks, slackBlock{Type: "context", Elements: []slackObject{{Type: "mrkdwn", Text: "*" + escapeSlack(text) + "*", Verbatim: true}}})
}

// addFields adds facts in two columns.
func (m *slackMessage) addFields(facts []fact) {
	var out []slackObject
	for _, f := range facts {
		out = append(out, plainText(f.Label+"\n"+f.Value, slackField))
	}
	if len(out) > 0 {
		m.Blocks = append(m.Blocks, slackBlock{Type: "section", Fields: out})
	}
}

// plainText has no markup; ‹ and › stand for < and >, which some clients decode.
func plainText(text string, most int) slackObject {
	no := false
	return slackObject{Type: "plain_text", Text: cutText(strings.NewReplacer("<", "‹", ">", "›").Replace(text), most), Emoji: &no}
}

// escapeSlack escapes Slack's control characters.
func escapeSlack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// slackMark begins a header, so that a channel full of notices can be skimmed.
func slackMark(k contract.NoticeKind) string {
	switch {
	case k.IsGood():
		return "🟢 "
	case k == contract.NoticeFailed:
		return "🔴 "
	}
	return "🟠 "
}
