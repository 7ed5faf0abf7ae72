package page

import (
	"fmt"
	"net/url"
	"time"
)

var now = time.Date(2026, 11, 24, 15, 30, 0, 0, time.UTC)

// The beginnings of addresses.
const (
	portal  = "https://security.microsoft.com/cloudapps/app-catalog?text="
	records = "https://contoso.oomnitza.com/#/"
)

// sample is a tenant as it may be.
func sample() Data { return sampleAt(now) }

// sampleAt is the same at an instant.
func sampleAt(now time.Time) Data {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC
	}
	d := Data{
		Integration: "microsoft-defender", Generated: now, Zone: zone,
		Scope: []Fact{{"Apps", "created by defender.integration"}, {"Users", "of the 200 most used of 241 apps"}, {"Active", "within 60 days, unless set per app"}},
		Totals: Totals{Apps: 241, AppsRead: 200, Active: 8211, Inactive: 2890, Unknown: 205, People: 1204, ActivePeople: 1101,
			NewApps: 12, Unsanctioned: 7, AI: 7, Unused: 688},
		Notes: map[Panel]string{Activity: "Users of the 200 most used apps, of 241.", Unsanctioned: "Tags were read live from Defender, as Oomnitza has no field for them."},
	}
	names := []string{"Microsoft Exchange Online", "Microsoft Teams", "Salesforce", "Dropbox", "Slack", "Zoom", "GitHub", "Atlassian Cloud", "ServiceNow",
		"Box", "Figma", "Google Workspace", "Miro", "Notion", "DocuSign", "1Password for Enterprise Customers of the World", "Canva", "Trello"}
	for i, name := range names {
		record := ""
		if i > 0 {
			record = fmt.Sprint(records, "software/", i)
		}
		d.Apps = append(d.Apps, App{Name: name, Category: "Collaboration", Website: fmt.Sprintf("app%d.example.com", i), Active: 1050 / (i + 1) * 9 / 10, Inactive: 40 + i*13%97,
			InDefender: portal + url.PathEscape(name), Record: record})
	}
	for day := range 40 {
		began := now.AddDate(0, 0, day-39).Truncate(24 * time.Hour).Add(90 * time.Minute)
		s := Session{Began: began, Ended: began.Add(time.Duration(1200+day*137%900) * time.Second), Outcome: "Completed", Mode: "incremental", StartedBy: "schedule", Apps: 236 + day/8, Added: 15 + day*31%60}
		switch day {
		case 0:
			s.Mode, s.Added, s.Ended = "full", 640, began.Add(130*time.Minute)
		case 17:
			s.Outcome, s.Added, s.Ended = "Failed", 2, began.Add(time.Minute)
		case 25:
			s.Outcome, s.Rejected = "Completed with errors", 6
		case 39:
			s.Outcome, s.Added, s.Ended = "Running", -1, time.Time{}
			s.Began = now.Add(-14 * time.Minute)
		}
		d.Sessions = append(d.Sessions, s)
	}
	d.Ages = []Age{{"0–7 days", 4810, 0}, {"8–30 days", 2220, 31}, {"31–60 days", 1181, 92}, {"61–90 days", 0, 1560}, {"over 90 days", 0, 1207}}
	for i, name := range []string{"Gamma", "Perplexity", "Otter.ai", "Descript", "Loom", "Cursor", "Airtable", "Whimsical", "Coda", "Linear", "Raycast", "Tally"} {
		d.NewApps = append(d.NewApps, App{Name: name, Category: "Productivity", Created: now.AddDate(0, 0, -i*2), Active: 48 - i*4})
	}
	for i, n := range []int{180, 9, 14, 6, 20, 12} {
		d.NewByMonth = append(d.NewByMonth, Month{now.AddDate(0, i-5, -20), n})
	}
	for i, name := range []string{"WeTransfer", "MEGA", "TikTok", "Yandex Disk", "uTorrent Web", "Baidu Pan", "Sendspace"} {
		d.Unsanctioned = append(d.Unsanctioned, App{Name: name, Category: "Cloud storage", Website: "x.example", Risk: float64(i%4 + 2), Active: 96 / (i + 1),
			InDefender: portal + url.PathEscape(name)})
	}
	for i, name := range []string{"ChatGPT", "Microsoft Copilot", "Claude", "Perplexity", "OpenAI API", "GitHub MCP server", "Cursor"} {
		category := []string{"Generative AI", "Generative AI", "Generative AI", "Generative AI", "AI model provider", "MCP server", "Client AI app"}[i]
		tag := []string{"Sanctioned", "Sanctioned", "", "Unsanctioned", "", "Monitored", "Unsanctioned"}[i]
		d.AI = append(d.AI, App{Name: name, Category: category, Tag: tag, Created: now.AddDate(0, 0, -i*9), Active: 312 / (i + 1), Inactive: 20 + i})
	}
	d.Suffixes = []Suffix{{".io", "British Indian Ocean Territory", 18, 420}, {".de", "Germany", 9, 388}, {".cn", "China", 4, 61}, {".ru", "Russia", 3, 44}, {".uk", "United Kingdom", 6, 208}, {".fr", "France", 4, 120}, {".me", "Montenegro", 2, 17}}
	for i := range 40 {
		d.Unused = append(d.Unused, Person{Name: fmt.Sprintf("Ann Mustermann-%d", i), Username: fmt.Sprintf("ann.mustermann%d@contoso.com", i), Count: 9 - i/6,
			Apps:   []Unused{{App: "Dropbox", Last: now.AddDate(0, 0, -70-i), InDefender: portal + "Dropbox"}, {App: "Salesforce", Last: now.AddDate(0, 0, -130)}, {App: "Trello"}},
			Record: records + "users/7"})
	}
	return d
}
