package gather

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/query"
)

// months is how far back new apps are counted.
const months = 12

// fillNew tells which records were made this month, and how many in those
// before it, from the first one on.
func fillNew(d *page.Data, apps []query.App, c *counter) {
	start := startOfMonth(d.Generated.In(d.Zone))
	by := map[time.Time]int{}
	first := time.Time{}
	for _, a := range apps {
		if a.Created.IsZero() {
			continue
		}
		made := startOfMonth(a.Created.In(d.Zone))
		if by[made]++; first.IsZero() || made.Before(first) {
			first = made
		}
		if made.Equal(start) {
			d.NewApps = append(d.NewApps, c.shownApp(a))
		}
	}
	d.Totals.NewApps = len(d.NewApps)
	if len(apps) > 0 && first.IsZero() {
		d.Missing[page.NewApps] = "Oomnitza does not say when these records were created."
		return
	}
	for i := range months {
		if at := start.AddDate(0, i-months+1, 0); len(by) > 0 && !at.Before(first) {
			d.NewByMonth = append(d.NewByMonth, page.Month{Month: at, Apps: by[at]})
		}
	}
}

// startOfMonth is the beginning of a time's month.
func startOfMonth(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
}

// fillTags tells which apps are in use though they are tagged unsanctioned,
// whoever made their records. One whose use nobody knows may be in use.
func fillTags(d *page.Data, apps, others []query.App, c *counter, live bool) {
	if !live {
		d.Missing[page.Unsanctioned] = "Tags were not read, since Oomnitza has no field for them. Create the page with --live to read them from Defender."
		return
	}
	unknown := 0
	add := func(a query.App) {
		if !strings.EqualFold(a.Tag, "unsanctioned") {
			return
		}
		shown := c.shownApp(a)
		if shown.Active == 0 && !a.Unknown {
			return
		}
		if shown.Active == 0 {
			unknown++
		}
		d.Unsanctioned = append(d.Unsanctioned, shown)
	}
	for _, a := range apps {
		add(a)
	}
	ours := len(d.Unsanctioned)
	for _, a := range others {
		add(a)
	}
	d.Totals.Unsanctioned = len(d.Unsanctioned)
	note := "Tags and risk scores (1: risky, 10: safe) were read live from Defender."
	if n := d.Totals.Unsanctioned - ours; n > 0 {
		note += fmt.Sprintf(" Somebody else created the records of %d of these apps.", n)
	}
	if unknown > 0 {
		note += fmt.Sprintf(" For %d apps it is unknown whether they are in use, since Oomnitza has no last activity for their users.", unknown)
	}
	d.Notes[page.Unsanctioned] = note
}

// fillAI tells which apps of AI are in use, whoever made their records. One whose use
// nobody knows may be in use.
func fillAI(d *page.Data, apps, others []query.App, c *counter, live bool) {
	made := 0
	for i, list := range [][]query.App{apps, others} {
		for _, a := range list {
			shown := c.shownApp(a)
			if !a.AI || shown.Active == 0 && !a.Unknown {
				continue
			}
			d.AI = append(d.AI, shown)
			made += i
		}
	}
	d.Totals.AI = len(d.AI)
	var notes []string
	if !live {
		notes = append(notes, "Tags were not read, and apps count as AI by the category of their record. Create the page with --live to read both from Defender.")
	}
	if made > 0 {
		notes = append(notes, fmt.Sprintf("Somebody else created the records of %d of these apps.", made))
	}
	if len(d.AI) > 0 && len(notes) > 0 {
		d.Notes[page.AIApps] = strings.Join(notes, " ")
	}
}

// fillSuffixes sums up the apps whose website's suffix is a country's, and says how many
// count by a website that their record has not, or by none.
func fillSuffixes(d *page.Data, apps []query.App, c *counter, live bool) {
	at := map[string]int{}
	looked, without := 0, 0
	defer func() { d.Notes[page.Websites] = noteWebsites(looked, without, live) }()
	for _, a := range apps {
		host := a.Host()
		switch {
		case host == "":
			without++
		case a.LiveWebsite != "":
			looked++
		}
		suffix := host[strings.LastIndexByte(host, '.')+1:]
		if len(suffix) != 2 || suffix == host { // two letters are a country's [DOC ISO 3166, ICANN]
			continue
		}
		i, ok := at[suffix]
		if !ok {
			i = len(d.Suffixes)
			at[suffix] = i
			d.Suffixes = append(d.Suffixes, page.Suffix{Suffix: "." + suffix, Country: countryOf(suffix)})
		}
		d.Suffixes[i].Apps++
		d.Suffixes[i].Active += c.shownApp(a).Active
	}
}

// noteWebsites says whose websites were looked up in Defender, and of how many apps none
// is known.
func noteWebsites(looked, without int, live bool) string {
	var notes []string
	if looked > 0 {
		notes = append(notes, fmt.Sprintf("The websites of %d apps without one in their record were read live from Defender.", looked))
	}
	if without > 0 {
		note := fmt.Sprintf("Not counted: %d apps without a website in their record.", without)
		if !live {
			note += " Create the page with --live to look these up in Defender, as 'report websites' does."
		}
		notes = append(notes, note)
	}
	return strings.Join(notes, " ")
}

// countryOf is the name of the country that a suffix belongs to; "" where it is
// not known.
func countryOf(suffix string) string {
	if suffix == "uk" { // whose code is GB
		suffix = "gb"
	}
	region, err := language.ParseRegion(suffix)
	if err != nil || !region.IsCountry() && suffix != "eu" {
		return ""
	}
	return display.English.Regions().Name(region)
}
