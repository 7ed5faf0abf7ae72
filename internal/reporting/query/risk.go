package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// timeframe is the time that Defender is asked about, in days: all that it retains.
const timeframe = int(saas.Retention / saas.Day)

// discovered is what only Defender knows of an app.
type discovered struct {
	risk     float64
	tag      string
	website  string // that fits the app's name best
	ai       string // its category, if that is one of AI
	lastSeen time.Time
}

// catalogue holds the apps that Defender has discovered in all streams.
type catalogue struct {
	byID   map[string]discovered
	byName map[string]string // id by saas.NameKey; "" where several apps have the name

	filter siteFilter          // which domains are searched for
	sites  map[string][]string // the matching domains by app id
}

// findApp finds the app that a record stands for: by the record's id of the app,
// else by its name, as sessions find the record of an app.
func (c catalogue) findApp(defenderID, name string) (id string, d discovered, ok bool) {
	if id = defenderID; id == "" {
		id = c.byName[saas.NameKey(name)]
	}
	d, ok = c.byID[id]
	return id, d, ok
}

// addRisk adds what Defender knows of the apps and drops those with another tag than
// asked for, or that are not AI if that is. Without Defender the columns stay empty.
func (s Source) addRisk(p appsPlan, c *catalogue, apps []App) []App {
	if c == nil {
		s.addNote("risk score, tag and last seen are empty, since Oomnitza has no fields for them: to read them from Defender, set DEFENDER_API_URL and DEFENDER_API_KEY")
		return apps
	}
	for i := range apps {
		if _, d, ok := c.findApp(apps[i].DefenderID, apps[i].Name); ok {
			apps[i].Discovered, apps[i].Risk, apps[i].Tag, apps[i].LastSeen = true, d.risk, d.tag, d.lastSeen
			if apps[i].lacksWebsite() {
				apps[i].LiveWebsite = d.website
			}
			if d.ai != "" && !apps[i].AI { // a tenant may keep a category of its own
				apps[i].AI, apps[i].Category = true, d.ai
			}
		}
	}
	return slices.DeleteFunc(apps, func(a App) bool { return !p.selectsTag(a) || p.AI && !a.AI })
}

// chooseStreams returns the streams that a session reads.
func (s Source) chooseStreams(ctx context.Context) ([]defender.Stream, error) {
	var found defender.StreamList
	err := s.retryPassing(ctx, func() (err error) {
		found, err = s.Defender.Streams(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	chosen, _, err := defender.Choose(found.Streams, s.Policy.Streams)
	return chosen, err
}

// readCatalogue reads Defender's list of apps, within the request budget, and searches
// their domains for websites.
func (s Source) readCatalogue(ctx context.Context, websites siteFilter) (catalogue, error) {
	c := catalogue{byID: map[string]discovered{}, byName: map[string]string{}, filter: websites, sites: map[string][]string{}}
	streams, err := s.chooseStreams(ctx)
	if err != nil {
		return c, err
	}
	for _, stream := range streams {
		if err := s.readStream(ctx, stream, &c); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (s Source) readStream(ctx context.Context, stream defender.Stream, c *catalogue) error {
	var walk contract.Walk
	for skip := 0; skip >= 0; {
		var page listing.AppPage
		err := s.retryPassing(ctx, func() (err error) {
			page, err = s.Defender.ReadApps(ctx, listing.AppQuery{Stream: stream.ID, Timeframe: timeframe, Skip: skip, Hosts: c.filter.isSet()})
			return err
		})
		if err == nil {
			err = acceptPage(&walk, page.Fingerprint, skip)
		}
		if err != nil {
			return err
		}
		if skip == 0 {
			s.noteLive(fmt.Sprintf("reading about %d apps of stream %q live from Defender", page.Total, stream.Name), pagesOf(page.Total))
		}
		for _, app := range page.Apps {
			c.addApp(app)
		}
		for id, hosts := range page.Hosts {
			if sites := c.filter.selectSites(hosts); len(sites) > 0 {
				sites = append(sites, c.sites[id]...)
				slices.Sort(sites)
				c.sites[id] = slices.Compact(sites)
			}
		}
		s.showStep("apps read from Defender", skip+page.Rows, page.Total)
		skip = page.Next
	}
	return nil
}

// acceptPage takes in a page by its rows. A server that does not turn its pages
// is an error.
func acceptPage(w *contract.Walk, fingerprint string, skip int) error {
	if before, ok := listing.AcceptPage(w, fingerprint, skip); !ok {
		return httpx.RepeatedPage("Defender", skip, before)
	}
	return nil
}

// pagesOf returns the number of requests for a number of rows.
func pagesOf(rows int) int { return max(1, (rows+defender.PageSize-1)/defender.PageSize) }

// noteLive says that Defender is read, and the least time that it takes.
func (s Source) noteLive(what string, requests int) {
	took := ""
	if s.Budget > 0 {
		if least := time.Duration(requests) * time.Minute / time.Duration(s.Budget); least > 20*time.Second {
			took = fmt.Sprintf(", at least %s at %d requests a minute", least.Round(time.Second), s.Budget)
		}
	}
	if s.Plan != nil {
		s.Note = s.Plan
	}
	s.addNote(what + ": " + countNoun(requests, "request") + took)
}

// addApp adds an app of one stream.
func (c *catalogue) addApp(app saas.App) {
	known, again := c.byID[app.ID]
	if app.LastActivity.After(known.lastSeen) {
		known.lastSeen = app.LastActivity
	}
	if known.risk == 0 {
		known.risk = app.Score
	}
	if known.tag == "" {
		known.tag = app.Tag
	}
	if known.website == "" {
		known.website = app.Website
	}
	if known.ai == "" && saas.IsAI(app.Category) {
		known.ai = app.Category
	}
	c.byID[app.ID] = known
	if again {
		return
	}
	for _, name := range saas.CandidateNames(app) {
		key := saas.NameKey(name)
		if id, taken := c.byName[key]; taken && id != app.ID {
			c.byName[key] = ""
		} else {
			c.byName[key] = app.ID
		}
	}
}

// isGone reports whether an error says that something does not exist any more.
func isGone(err error) bool { return httpx.KindOf(err) == httpx.KindNotFound }
