package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// nasty is a name as an attacker may give to an app or an account.
const nasty = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'` + "\u202Egnp.exe\u0000\r\n{{.}}"

// hostile is a tenant in which every text is nasty.
func hostile() Data {
	d := sample()
	d.Integration = nasty
	d.Scope = []Fact{{nasty, nasty}}
	for i := range d.Apps {
		d.Apps[i].Name, d.Apps[i].Category, d.Apps[i].Website = nasty, nasty, nasty
	}
	for i := range d.NewApps {
		d.NewApps[i].Name, d.NewApps[i].Category = nasty, nasty
	}
	for i := range d.Unsanctioned {
		d.Unsanctioned[i].Name, d.Unsanctioned[i].Category, d.Unsanctioned[i].Website = nasty, nasty, nasty
	}
	for i := range d.Suffixes {
		d.Suffixes[i].Suffix, d.Suffixes[i].Country = nasty, nasty
	}
	for i := range d.Unused {
		d.Unused[i].Name, d.Unused[i].Username = nasty, nasty
		d.Unused[i].Apps = []Unused{{App: nasty}}
	}
	for i := range d.Sessions {
		d.Sessions[i].Outcome, d.Sessions[i].Mode, d.Sessions[i].StartedBy = nasty, nasty, nasty
	}
	for i := range d.Ages {
		d.Ages[i].Label = nasty
	}
	for i, address := range []string{"javascript:alert(3)", "data:text/html,x", "https://me:pw@x.example/", nasty, `https://x.example/"><img src=x>`, "//x.example/", "/x"} {
		d.Apps[i].InDefender, d.NewApps[i].Record, d.Unused[i].Record = address, address, address
		d.Unused[i].Apps[0].InDefender = address
	}
	d.Notes = map[Panel]string{Chase: nasty}
	return d
}

// huge is a tenant of 31,000 apps and people.
func huge() Data {
	d := sample()
	for i := range 31000 {
		d.Apps = append(d.Apps, App{Name: fmt.Sprintf("App %d %s", i, strings.Repeat("long ", 60)), Active: i, Inactive: i / 2})
		d.NewApps = append(d.NewApps, App{Name: fmt.Sprint("New ", i), Created: now, Active: i})
		d.Unsanctioned = append(d.Unsanctioned, App{Name: fmt.Sprint("Bad ", i), Active: i})
		d.Suffixes = append(d.Suffixes, Suffix{Suffix: fmt.Sprint(".x", i), Active: i, Apps: 1})
		d.Unused = append(d.Unused, Person{Username: fmt.Sprint("u", i), Count: i, Apps: make([]Unused, 20)})
		d.Sessions = append(d.Sessions, Session{Began: now.Add(-time.Duration(i) * time.Hour), Ended: now, Outcome: "Completed", Added: i})
		d.NewByMonth = append(d.NewByMonth, Month{now.AddDate(0, -i%600, 0), i})
	}
	d.Totals.Apps, d.Totals.Active = 31000, 1_000_000
	return d
}

func rendered(t *testing.T, d Data) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// visible is what the page says, without its scripts and style.
func visible(page string) string {
	body := regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`).ReplaceAllString(page, "")
	body = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")
	return regexp.MustCompile(`\s+`).ReplaceAllString(body, " ")
}

func TestThePageSaysWhatTheDataSays(t *testing.T) {
	got := visible(rendered(t, sample()))
	for _, want := range []string{
		"integration microsoft-defender",
		"24 Nov 2026, 16:30 CET", // Berlin, not UTC
		"Apps created by defender.integration",
		"Last session Running 24 Nov 2026, 16:16",
		"Apps 241 12 new this month",
		"People 1,204 1,101 active in an app",
		"Active users of apps 8,211 73 % of 11,306",
		"Unsanctioned in use 7 apps",
		"People to chase 688 with unused apps",
		"40 sessions since 16 Oct 2026: 37 completed, 1 completed with errors, 1 failed, 1 running",
		"16 Oct 2026, 03:30 CEST Completed 2 h 10 min full schedule 236 640 0",
		"14 min 0 s so far",
		"Microsoft Exchange Online Collaboration app0.example.com 945 40",
		"12 records created since 1 November 2026",
		"Gamma Productivity 24 Nov 48",
		"7 apps tagged as unsanctioned in Defender, by active users",
		"MEGA Cloud storage x.example 3 48",
		".cn China 4 61",
		"and 205 users without a last activity",
		"688 people have an app not used within its threshold",
		"Ann Mustermann-0 (ann.mustermann0@contoso.com) 9 Trello (never), Salesforce (17 Jul 2026), Dropbox (15 Sep 2026), 6 more",
		"and 663 more people",
		"Tags were read live from Defender, as Oomnitza has no field for them.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q in\n%s", want, got)
		}
	}
}

func TestTheOnlyMonthThereIsIsExplained(t *testing.T) {
	d := sample()
	d.NewByMonth = d.NewByMonth[len(d.NewByMonth)-1:]
	d.Totals.Apps = d.NewByMonth[0].Apps
	page := rendered(t, d)
	if strings.Contains(page, "chart-new-by-month") || !strings.Contains(visible(page), "All records were created this month") {
		t.Error("the first month is shown as if there were others to compare it with")
	}
}

func TestSessionsOfOneDayAreToldApartByTheirTime(t *testing.T) {
	d := sample()
	d.Sessions = d.Sessions[38:]
	if page := rendered(t, d); !strings.Contains(page, `"ticks":["02:30","16:16"]`) {
		t.Error("the axis does not tell the times")
	}
	if page := rendered(t, sample()); !strings.Contains(page, `"ticks":["16 Oct","17 Oct"`) {
		t.Error("the axis does not tell the days")
	}
}

func TestThePageIsTheSameForTheSameData(t *testing.T) {
	first, second := rendered(t, sample()), rendered(t, sample())
	if first != second {
		t.Error("two pages of the same data differ")
	}
}

func TestHostileNamesStayText(t *testing.T) {
	page := rendered(t, hostile())
	if n := strings.Count(page, "<script"); n != 3 {
		t.Errorf("%d scripts, want the page's own 3", n)
	}
	for _, bad := range []string{"<img", "alert(1)</script>", "\u202E", "\x00"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !strings.Contains(page, "&lt;img src=x onerror=alert(2)&gt;") {
		t.Error("the name is not shown as it is")
	}
}

func TestThePolicyAllowsThePagesOwnCodeOnly(t *testing.T) {
	page := rendered(t, sample())
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if policy == nil {
		t.Fatal("no policy")
	}
	for _, want := range []string{"default-src &#39;none&#39;", "base-uri &#39;none&#39;", "form-action &#39;none&#39;"} {
		if !strings.Contains(policy[1], want) {
			t.Errorf("policy %s lacks %s", policy[1], want)
		}
	}
	if strings.Contains(policy[1], "unsafe") || strings.Contains(policy[1], "http") {
		t.Errorf("policy %s", policy[1])
	}
	if strings.Contains(page, ` style="`) || strings.Contains(page, "sourceMappingURL") {
		t.Error("the page has a style attribute or asks for a source map")
	}
}

func TestAPageOfAHugeTenantIsBounded(t *testing.T) {
	small, big := len(rendered(t, sample())), len(rendered(t, huge()))
	if big > small+200_000 {
		t.Errorf("%d bytes for a huge tenant, %d for a small one", big, small)
	}
	got := visible(rendered(t, huge()))
	for _, want := range []string{"and 30,918 more apps", "and 30,980 earlier sessions", "and 31,015 more people"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestWhatIsMissingIsSaidInItsPanel(t *testing.T) {
	d := sample()
	d.Missing = map[Panel]string{Unsanctioned: "Tags are read from Defender: ask for them with --live.", Sessions: "Temporal was not asked."}
	page := rendered(t, d)
	got := visible(page)
	for _, want := range []string{"Tags are read from Defender: ask for them with --live.", "Temporal was not asked.", "Unsanctioned in use – not read", "Last session – none known"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"MEGA", "chart-session-users"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page shows %s", bad)
		}
	}
}

func TestAPageThatCannotBeWrittenFails(t *testing.T) {
	if err := Render(full{}, sample()); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestTheLibraryIsTheOneThatItsReadmeNames(t *testing.T) {
	library, err := readAsset("chart.umd.min.js")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := readAsset("README.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(library))
	version := regexp.MustCompile(`Chart\.js v(\S+)`).FindStringSubmatch(library)
	if version == nil || !strings.Contains(readme, version[1]+", ") || !strings.Contains(readme, hex.EncodeToString(sum[:])) {
		t.Errorf("version %v with sum %x is not what README.md says", version, sum)
	}
}

func TestCountsThatAreNotKnownAreDashes(t *testing.T) {
	for n, want := range map[int]string{-1: "–", 0: "0", 1200: "1,200"} {
		if got := formatKnown(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
