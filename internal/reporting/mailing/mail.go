package mailing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"defendersync/internal/notify"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
)

// newMail is the mail to one subscriber.
func newMail(job Job, w workbook, to, from string) notify.Mail {
	return notify.Mail{
		To: to, Subject: fmt.Sprintf("%s (%s)", w.heading.Title, sheet.FormatCount(w.rows)), Text: mailText(job, w),
		Attachments: []string{w.file}, MessageID: messageID(job.Key, to, from), At: job.At,
	}
}

// mailText is the body: how many rows there are, what was asked, the notes.
func mailText(job Job, w workbook) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", w.heading.Title)
	if w.rows == 0 {
		b.WriteString("No rows match. The attached workbook shows what was asked.\n\n")
	} else {
		fmt.Fprintf(&b, "The attached workbook has %s.\n\n", sheet.FormatCount(w.rows))
	}
	for _, f := range w.heading.About {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	for _, note := range w.notes {
		fmt.Fprintf(&b, "Note: %s\n", note)
	}
	fmt.Fprintf(&b, "\nSent by defendersync for integration %s (%s). To unsubscribe, ask its administrator to take your address off report %q.\n",
		job.Integration, saved.WhenSent(job.Report), job.Report.Name)
	return b.String()
}

// messageID is the Message-ID of a report's mail: the same for the same sending
// and subscriber, so that a mail server or reader can drop a resend.
func messageID(key, to, from string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + to))
	return "report." + hex.EncodeToString(sum[:16]) + "@" + from[strings.LastIndexByte(from, '@')+1:]
}
