package mailing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"defendersync/internal/notify"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
)

// made is a report that is ready to be mailed.
type made struct {
	file    string
	heading sheet.Sheet
	first   []sheet.Row // the rows in the mail's body
	rows    int
	notes   []string
	lead    string // what is attached; "": a workbook with the rows
	subject string // "": the title with the number of rows
	zone    *time.Location
	html    string
}

// newMail is the mail to one subscriber.
func newMail(job Job, m made, to, from string) notify.Mail {
	subject := m.subject
	if subject == "" {
		subject = fmt.Sprintf("%s (%s)", m.heading.Title, sheet.FormatCount(m.rows))
	}
	return notify.Mail{
		To: to, Subject: subject, Text: mailText(job, m), HTML: m.html,
		Attachments: []string{m.file}, MessageID: messageID(job.Key, to, from), At: job.At,
	}
}

// mailText is the text part: how many rows there are, what was asked, the notes.
func mailText(job Job, m made) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\n", m.heading.Title, leadOf(m))
	for _, f := range m.heading.About {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	for _, note := range m.notes {
		fmt.Fprintf(&b, "Note: %s\n", note)
	}
	fmt.Fprintf(&b, "\n%s\n", footerOf(job))
	return b.String()
}

// footerOf says why the subscriber gets the mail, and how it ends.
func footerOf(job Job) string {
	return fmt.Sprintf("Sent by defendersync for integration %s; schedule: %s. To unsubscribe, ask its administrator to take your address off report %q.",
		job.Integration, saved.WhenSent(job.Report), job.Report.Name)
}

// messageID is the Message-ID of a report's mail: the same for the same sending
// and subscriber, so that a mail server or reader can drop a resend.
func messageID(key, to, from string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + to))
	return "report." + hex.EncodeToString(sum[:16]) + "@" + from[strings.LastIndexByte(from, '@')+1:]
}
