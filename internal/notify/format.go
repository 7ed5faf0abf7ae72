package notify

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
)

// headlineOf returns what happened, on one line.
func headlineOf(n contract.Notice) string {
	if h := httpx.Clip(n.Headline); h != "" {
		return h
	}
	return n.Kind.Title()
}

// formatPosition says how far a session has got: "carrying over users, apps 12 of ~200".
func formatPosition(p contract.NoticeProgress) string {
	var parts []string
	for _, s := range []string{httpx.Clip(p.Phase), p.Position().Describe()} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// formatAge says how long before the notice something happened:
// " (24 h 5 min earlier)".
func formatAge(since, at time.Time) string {
	d := at.Sub(since).Truncate(time.Minute)
	if at.IsZero() || d < time.Minute {
		return ""
	}
	return " (" + formatSpan(d) + " earlier)"
}

// formatSpan returns a duration for people, in at most two units.
func formatSpan(d time.Duration) string {
	hours, minutes := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case hours >= 48:
		return fmt.Sprintf("%d days %d h", hours/24, hours%24)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}

// maxParagraph bounds the length of Cause and Todo, in characters.
const maxParagraph = 1000

// cleanParagraph returns text on one line of bounded length.
func cleanParagraph(s string) string {
	fields := strings.Fields(strings.ToValidUTF8(s, ""))
	runes := []rune(strings.Join(fields, " "))
	if len(runes) > maxParagraph {
		return string(runes[:maxParagraph-1]) + "…"
	}
	return string(runes)
}

// safeLink returns a link if it leads to a web page, else "".
func safeLink(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}
