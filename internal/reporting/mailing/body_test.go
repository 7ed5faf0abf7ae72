package mailing

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
	"defendersync/internal/testing/mailtest"
)

func TestTheBodyHasTheFirstTwentyRows(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	job := r.job("ann@contoso.com")
	job.Report.Filters = map[string]string{"top": "33"}
	if _, err := r.send(job); err != nil {
		t.Fatal(err)
	}
	mail := r.server.ListMails()[0].ParseMail(t)
	if n := len(tableRows(t, mail.HTML)); n != 1+bodyRows {
		t.Errorf("the table has %d rows", n)
	}
	if !strings.Contains(mail.HTML, "20 of 33 rows; the rest is in the attachment.") || !strings.Contains(mail.HTML, "The attached workbook has 33 rows.") {
		t.Errorf("the body does not say what is missing:\n%s", mail.HTML)
	}
	if !strings.Contains(mail.GetHeader("Content-Type"), "multipart/mixed") || len(mail.Attachments) != 1 {
		t.Errorf("%s, %d attachments", mail.GetHeader("Content-Type"), len(mail.Attachments))
	}
}

// tableRows are the cells of the body's table of rows.
func tableRows(t *testing.T, text string) (rows [][]string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var inData func(n *html.Node, data bool)
	inData = func(n *html.Node, data bool) {
		if n.Type == html.ElementNode && n.Data == "table" {
			data = true
			for _, a := range n.Attr {
				data = data && a.Key != "role" // layout
			}
		}
		if data && n.Type == html.ElementNode && n.Data == "tr" {
			rows = append(rows, nil)
		}
		if data && n.Type == html.ElementNode && (n.Data == "td" || n.Data == "th") {
			rows[len(rows)-1] = append(rows[len(rows)-1], textOf(n))
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			inData(c, data)
		}
	}
	inData(doc, false)
	return rows
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}

// hostile is a report whose every text could be taken for markup.
func hostile(t *testing.T) (Job, made) {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	m := made{
		zone: berlin, rows: 4321, notes: []string{"<b>5 apps</b> could not be read & are missing"},
		heading: sheet.Sheet{
			Title: `Apps <script>alert("1")</script>`, About: []sheet.Fact{{Name: "Name contains", Value: `"><img src=x onerror=alert(1)>`}},
			Columns: []sheet.Column{{Key: "app", Title: "App"}, {Key: "id", Title: "Id", Kind: sheet.ID}, {Key: "users", Title: "Users", Kind: sheet.Number},
				{Key: "last", Title: "Last activity", Kind: sheet.Time}, {Key: "website", Title: "Website", Kind: sheet.Link}, {Key: "defenderPage", Title: "In Defender", Kind: sheet.Page}},
		},
	}
	seen := time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	m.first = append(m.first,
		sheet.Row{`<script>alert(1)</script>`, "7", 12, seen, "https://a.example/?x=1&y=2", "https://security.microsoft.com/app?a=b&c=d"},
		sheet.Row{"שלום עולם – مرحبا", "8", 1 << 30, time.Time{}, "javascript:alert(1)", "javascript:alert(2)"},
		sheet.Row{strings.Repeat("Wörterbuchlangename", 40), "9", nil, seen, `https://user:pw@evil.example/`, ""},
		sheet.Row{"a\u202egpj.exe\r\nX: y", "10", 0, seen, strings.Repeat("x", 4000), "ftp://x"},
	)
	return Job{Integration: "contoso", Report: contract.Report{Name: "hostile", Schedule: "0 7 * * 1", Timezone: "Europe/Berlin"}}, m
}

func TestNamesLeadToTheirPages(t *testing.T) {
	columns := []sheet.Column{{Key: "app", Title: "App"}, {Key: "user", Title: "User"},
		{Key: "defenderPage", Kind: sheet.Page, Of: "app"}, {Key: "appPage", Kind: sheet.Page, Of: "app"}, {Key: "userPage", Kind: sheet.Page, Of: "user"}}
	row := sheet.Row{"Slack", "ann", "https://d.example/?a=1&b=2", "https://o.example/7", "javascript:alert(1)"}
	for _, test := range []struct {
		blank int // the column of which nothing is known; -1: none
		app   string
	}{{-1, "https://d.example/?a=1&b=2"}, {2, "https://o.example/7"}} {
		m := made{rows: 1, first: []sheet.Row{row}, heading: sheet.Sheet{Title: "Users", Columns: slices.Clone(columns)}}
		if test.blank >= 0 {
			m.heading.Columns[test.blank].Blank = true
		}
		b := newBody(Job{}, m)
		if len(b.Columns) != 2 || b.Rows[0][0] != (bodyValue{Text: "Slack", Link: test.app}) || b.Rows[0][1] != (bodyValue{Text: "ann"}) {
			t.Errorf("%+v", b)
		}
		if want := map[int]string{-1: "2 of 5 columns", 2: "2 of 4 columns"}[test.blank]; !strings.Contains(b.Rest, want) {
			t.Errorf("%q lacks %q", b.Rest, want)
		}
		text, err := renderBody(b)
		if err != nil || !strings.Contains(text, `rel="noopener noreferrer"`) || strings.Contains(text, "javascript") {
			t.Errorf("%v: %s", err, text)
		}
	}
}

func TestNoTextOfARowIsMarkup(t *testing.T) {
	job, m := hostile(t)
	text, err := renderBody(newBody(job, m))
	if err != nil {
		t.Fatal(err)
	}
	if file := os.Getenv("REPORT_BODY_FILE"); file != "" { // to be looked at
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rows := tableRows(t, text)
	if len(rows) != 5 || strings.Join(rows[0], "|") != "App|Users|Last activity|Website|In Defender" {
		t.Fatalf("rows %q", rows)
	}
	if rows[1][0] != "<script>alert(1)</script>" || rows[1][2] != "2026-11-25 00:30:00 CET" || rows[1][4] != "open" {
		t.Errorf("first row %q", rows[1])
	}
	if strings.ContainsRune(rows[4][0], '\u202e') || strings.ContainsAny(rows[4][0], "\r\n") {
		t.Errorf("a name turns the direction: %q", rows[4][0])
	}
	if n := len([]rune(rows[3][0])); n != bodyCell {
		t.Errorf("a long name has %d characters", n)
	}
	if !strings.Contains(text, "4 of 4,321 rows, 5 of 6 columns; the rest is in the attachment.") {
		t.Error("it is not told what is left out")
	}
	elements, links := map[string]int{}, []string{}
	walk(t, text, func(n *html.Node) {
		elements[n.Data]++
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
			if a.Key == "href" {
				links = append(links, a.Val)
			}
		}
	})
	if elements["script"]+elements["img"]+elements["iframe"]+elements["link"]+elements["b"] > 0 {
		t.Errorf("elements %v", elements)
	}
	if fmt.Sprint(links) != "[https://a.example/?x=1&y=2 https://security.microsoft.com/app?a=b&c=d]" {
		t.Errorf("links %q", links)
	}
	if len(text) > 100_000 {
		t.Errorf("%d bytes; Gmail cuts a mail at 102 kB", len(text))
	}
}

func walk(t *testing.T, text string, visit func(*html.Node)) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

func TestColumnsThatMatterLeastAreLeftOutOfTheBody(t *testing.T) {
	var columns []sheet.Column
	for i, rank := range []int{sheet.Always, 1, 9, 0, 2, 8, 0, 3, 0} {
		columns = append(columns, sheet.Column{Key: fmt.Sprint(i), Rank: rank})
	}
	columns = append(columns, sheet.Column{Key: "page", Kind: sheet.Page})
	l := layOut(columns, nil)
	if got := fmt.Sprint(l.shown); got != "[0 1 3 4 6 8 9]" {
		t.Errorf("chose %s", got)
	}
	var phone []int
	for i, at := range l.shown {
		if !l.isMinor(i) {
			phone = append(phone, at)
		}
	}
	if got := fmt.Sprint(phone); got != "[0 3 6]" {
		t.Errorf("a phone shows %s", got)
	}
}

func TestAColumnWithNothingInItHasNoPlaceInTheBody(t *testing.T) {
	columns := []sheet.Column{{Key: "app"}, {Key: "role"}, {Key: "users", Kind: sheet.Number}, {Key: "page", Title: "App in Defender", Kind: sheet.Page, Of: "name"}}
	rows := []sheet.Row{{"", nil, 0, "https://d.example/a"}, {"", "", 3, "https://d.example/a"}}
	if got := fmt.Sprint(layOut(columns, rows).shown); got != "[0 2]" {
		t.Errorf("chose %s", got)
	}
	if got := layOut(columns, rows).links; len(got) != 1 || got[0] != (bodyValue{Text: "App in Defender", Link: "https://d.example/a"}) {
		t.Errorf("the page that all rows have: %+v", got)
	}
	rows[1][3] = "https://d.example/b"
	if l := layOut(columns, rows); fmt.Sprint(l.shown) != "[0 2 3]" || l.links != nil {
		t.Errorf("chose %+v", l)
	}
	rows = []sheet.Row{{"", nil, 0, "javascript:alert(1)"}}
	if l := layOut(columns, rows); l.links != nil {
		t.Errorf("links %+v", l.links)
	}
}

func TestAMailTellsTimesInItsOwnZoneOrTheIntegrations(t *testing.T) {
	for zone, want := range map[string]string{"": "Asia/Tokyo", "Europe/Berlin": "Europe/Berlin"} {
		j := Job{Report: contract.Report{Timezone: zone}, Policy: saas.Policy{Timezone: "Asia/Tokyo"}}
		if got := j.zone().String(); got != want {
			t.Errorf("%q: %s", zone, got)
		}
	}
}

func TestTheMailOfADashboardTellsOfTheLastSessionThatCarriedSomethingOver(t *testing.T) {
	at := time.Date(2026, 11, 24, 7, 0, 0, 0, time.UTC)
	d := page.Data{Sessions: []page.Session{{Began: at.Add(time.Hour), Outcome: "Completed", DryRun: true}, {Began: at, Outcome: "Failed"}}}
	rows := glance(d, false)
	if last := rows[len(rows)-1]; last[0] != "Last session, 24 Nov 2026, 07:00 UTC" || last[1] != "Failed" {
		t.Errorf("%v", last)
	}
	d.Sessions = d.Sessions[:1]
	if rows = glance(d, false); rows[len(rows)-1][1] == "Completed" {
		t.Errorf("a dry run is the last session: %v", rows)
	}
}

func TestASubscriberGetsTheDashboardAsAPage(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	job := r.job("ann@contoso.com")
	job.Report = contract.Report{Name: "overview", Question: contract.QuestionDashboard, Filters: map[string]string{"apps": "10", "live": "true"},
		Subscribers: []string{"ann@contoso.com"}, Schedule: "every 7d", Timezone: "Europe/Berlin"}
	result, err := r.send(job)
	if err != nil || len(result.Mailed) != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	mail := r.server.ListMails()[0].ParseMail(t)
	attached := string(mail.Attachments["overview.html"])
	if !strings.HasPrefix(strings.ToLower(attached), "<!doctype html>") || !strings.Contains(attached, "contoso") || strings.Contains(attached, "src=\"http") {
		t.Errorf("attachments %d: %.200s", len(mail.Attachments), attached)
	}
	if subject := mail.GetHeader("Subject"); !strings.HasPrefix(subject, "Dashboard of contoso, ") {
		t.Errorf("subject %q", subject)
	}
	rows := tableRows(t, mail.HTML)
	if len(rows) < 7 || rows[1][0] != "Apps" || rows[1][1] == "0" {
		t.Errorf("at a glance: %q", rows)
	}
	if strings.Contains(mail.HTML, "reading about") {
		t.Error("the mail tells what was about to be read")
	}
	if !strings.Contains(mail.Text, "The attached page is the dashboard.") || !strings.Contains(mail.Text, "CET") {
		t.Errorf("text: %s", mail.Text)
	}
}

func TestADashboardReadsNoMoreThanItIsAskedFor(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	job := r.job("ann@contoso.com")
	job.Report.Question, job.Report.Filters, job.Report.Columns = contract.QuestionDashboard, map[string]string{"apps": "-1"}, nil
	if _, err := r.send(job); err == nil || !strings.Contains(err.Error(), "apps") || len(r.server.ListMails()) != 0 {
		t.Errorf("got %v", err)
	}
}
