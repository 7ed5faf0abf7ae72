package notify

import (
	"fmt"
	"strings"

	"defendersync/internal/contract"
)

// The body for Microsoft Teams: a message with one adaptive card, as a workflow with
// the trigger "When a Teams webhook request is received" and the older incoming
// webhooks take it (learn.microsoft.com, "Create and send messages"). Teams refuses
// more than 28 KB ("Create incoming webhooks"; some have measured 21,000 bytes). The
// texts of a notice are bounded, so a card has 20,000 at most.
//
// A card of version 1.4 is shown by all Teams clients. Text blocks and facts
// understand Markdown, text runs don't (adaptivecards.io, TextRun: "Markdown is not
// supported"), so whatever may come from a tenant is in text runs, and facts are
// escaped.

const (
	cardContentType = "application/vnd.microsoft.card.adaptive"
	cardSchema      = "http://adaptivecards.io/schemas/adaptive-card.json"
	cardVersion     = "1.4"
)

type teamsMessage struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string  `json:"contentType"`
	ContentURL  *string `json:"contentUrl"` // null, as in Microsoft's examples
	Content     card    `json:"content"`
}

type card struct {
	Schema       string        `json:"$schema"`
	Type         string        `json:"type"`
	Version      string        `json:"version"`
	FallbackText string        `json:"fallbackText"`
	Body         []cardElement `json:"body"`
	Actions      []cardAction  `json:"actions,omitempty"`
	Teams        cardTeams     `json:"msteams"`
}

// cardTeams is Teams' own addition: the card takes the width of the channel.
type cardTeams struct {
	Width string `json:"width"`
}

// cardElement is a RichTextBlock or a FactSet.
type cardElement struct {
	Type    string     `json:"type"`
	Inlines []cardRun  `json:"inlines,omitempty"`
	Facts   []cardFact `json:"facts,omitempty"`
	Spacing string     `json:"spacing,omitempty"`
}

type cardRun struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Size   string `json:"size,omitempty"`
	Weight string `json:"weight,omitempty"`
	Color  string `json:"color,omitempty"`
	Subtle bool   `json:"isSubtle,omitempty"`
}

type cardFact struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

type cardAction struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

func newTeamsMessage(n contract.Notice) teamsMessage {
	v := newView(n, "")
	c := card{Schema: cardSchema, Type: "AdaptiveCard", Version: cardVersion, FallbackText: FormatSummary(n), Teams: cardTeams{"Full"}}
	c.addRun("", cardRun{Text: v.Title, Weight: "Bolder", Color: cardColor(n.Kind)})
	c.addRun("Small", cardRun{Text: v.Headline, Size: "Large", Weight: "Bolder"})
	c.addFacts(v.Facts)
	c.addParagraph("Why", v.Cause)
	c.addParagraph("What to do", v.Todo)
	if p := v.Progress; p != nil {
		c.addHeading("Done so far")
		c.addText(p.Where)
		c.addFacts(p.countLines())
		for _, note := range p.Notes {
			c.addText(note)
		}
	}
	if len(v.Errors) > 0 {
		c.addHeading("Rejected rows, by reason")
	}
	for _, e := range v.Errors {
		c.addText(fmt.Sprintf("%d × %s", e.Count, e.Reason))
	}
	if v.Link != "" {
		c.Actions = []cardAction{{"Action.OpenUrl", "Open in the Temporal Web UI", v.Link}}
	}
	return teamsMessage{"message", []teamsAttachment{{ContentType: cardContentType, Content: c}}}
}

// addParagraph adds a text below a heading; neither where there is no text.
func (c *card) addParagraph(heading, text string) {
	if text != "" {
		c.addHeading(heading)
		c.addText(text)
	}
}

func (c *card) addHeading(text string) {
	c.addRun("Medium", cardRun{Text: text, Weight: "Bolder", Subtle: true})
}

func (c *card) addText(text string) {
	if text != "" {
		c.addRun("Small", cardRun{Text: text})
	}
}

func (c *card) addRun(spacing string, run cardRun) {
	run.Type = "TextRun"
	c.Body = append(c.Body, cardElement{Type: "RichTextBlock", Spacing: spacing, Inlines: []cardRun{run}})
}

func (c *card) addFacts(facts []fact) {
	set := cardElement{Type: "FactSet"}
	for _, f := range facts {
		set.Facts = append(set.Facts, cardFact{f.Label, escapeMarkdown(f.Value)})
	}
	if len(set.Facts) > 0 {
		c.Body = append(c.Body, set)
	}
}

// escapeMarkdown puts a backslash before each character that Markdown takes for markup
// within a line. Facts begin with no sign of a list or heading.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]<~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func cardColor(k contract.NoticeKind) string {
	switch {
	case k.IsGood():
		return "Good"
	case k == contract.NoticeFailed:
		return "Attention"
	}
	return "Warning"
}
