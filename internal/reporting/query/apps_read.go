package query

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/suggest"
)

// ReadApps reads the apps that are asked for, sorted.
func (s Source) ReadApps(ctx context.Context, o AppsOptions) ([]App, error) {
	p, err := o.makePlan(s)
	if err != nil {
		return nil, err
	}
	return s.readApps(ctx, p)
}

func (s Source) readApps(ctx context.Context, p appsPlan) ([]App, error) {
	if p.CreatedBy == "" && p.createdBy == "" {
		s.addNote("INTEGRATION_USER is not set, so records created by anybody are included")
	}
	apps, err := s.selectApps(ctx, p)
	if err != nil {
		return nil, err
	}
	if apps, err = s.addFromDefender(ctx, p, apps); err != nil {
		return nil, err
	}
	if p.AI {
		s.noteNewAI(apps)
	}
	if p.WithUsers && (!p.early || p.Top == 0) { // which counts all active users too
		if err := s.addUsers(ctx, p.ActiveFrom, apps); err != nil {
			return nil, err
		}
		s.noteUnknown(apps)
		return p.sortAndCut(dropBelow(p.MinActiveUsers, apps)), nil
	}
	if err := s.countActive(ctx, p.ActiveFrom, apps); err != nil {
		return nil, err
	}
	apps = p.sortAndCut(dropBelow(p.MinActiveUsers, apps))
	s.noteUnknown(apps)
	if p.WithUsers {
		if err := s.addUsers(ctx, p.ActiveFrom, apps); err != nil {
			return nil, err
		}
		apps = p.sortAndCut(apps)
	}
	return apps, nil
}

// selectApps reads the records and applies the filters that need nothing else.
func (s Source) selectApps(ctx context.Context, p appsPlan) ([]App, error) {
	categories := map[string]bool{}
	made := newCreators(p.createdBy, s.Policy.IntegrationUser)
	apps, err := s.readRecords(ctx, func(a App) bool {
		made.countRecord(a)
		if p.Category != "" {
			categories[a.Category] = true
		}
		return p.selectsRecord(a)
	})
	if err != nil {
		return nil, err
	}
	if err := made.resolveNames(ctx, s); err != nil {
		return nil, err
	}
	others := 0
	for i := range apps {
		if apps[i].Other = !made.madeRecord(apps[i]); apps[i].Other {
			others++
		}
	}
	made.noteForms(s, len(apps)-others)
	if !p.WithOthers {
		apps = slices.DeleteFunc(apps, func(a App) bool { return a.Other })
	}
	if p.Category != "" && len(apps) == 0 {
		s.noteCategories(p.Category, categories)
	}
	return apps, nil
}

// addFromDefender adds what only Defender knows, and applies the filters on it.
func (s Source) addFromDefender(ctx context.Context, p appsPlan, apps []App) ([]App, error) {
	search := p.searchesDomains()
	if len(apps) == 0 || !p.WithRisk && !search {
		return apps, nil
	}
	var found *catalogue
	if s.Defender != nil {
		websites := siteFilter{}
		if search {
			websites = p.sites
		}
		c, err := s.readCatalogue(ctx, websites)
		if err != nil && !p.WithRisk {
			err = fmt.Errorf("read the domains of the apps (--domains=false searches only the field Website): %w", err)
		}
		if err != nil {
			return nil, err
		}
		found = &c
	}
	if search {
		if found == nil {
			s.addNote("only the field Website was searched, and apps may have more domains: to search them in Defender, set DEFENDER_API_URL and DEFENDER_API_KEY")
		}
		apps = s.bySite(p.sites, found, apps)
	}
	if p.WithRisk {
		apps = s.addRisk(p, found, apps)
	}
	return apps, nil
}

// noteNewAI names the apps of AI that were first recorded this month.
func (s Source) noteNewAI(apps []App) {
	now := s.now().UTC()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	var fresh []string
	for _, a := range apps {
		if !a.Created.Before(start) {
			fresh = append(fresh, a.Name)
		}
	}
	if len(fresh) == 0 {
		s.addNote(fmt.Sprintf("of %s of AI none was first recorded this month", countNoun(len(apps), "app")))
		return
	}
	slices.Sort(fresh)
	s.addNote(fmt.Sprintf("of %s of AI %d were first recorded this month (since %s): %s",
		countNoun(len(apps), "app"), len(fresh), start.Format(time.DateOnly), joinSome(fresh[:min(len(fresh), maxNewNamed)], len(fresh))))
}

// maxNewNamed bounds the new apps that a note names.
const maxNewNamed = 10

// noteCategories suggests categories for those that no app has.
func (s Source) noteCategories(asked string, categories map[string]bool) {
	for _, category := range splitList(asked) {
		if near := suggest.FindNearest(category, maps.Keys(categories), 3); len(near) > 0 && !oneOf(category, near) {
			s.addNote(fmt.Sprintf("no app has the category %q; similar categories: %s", category, strings.Join(near, ", ")))
		}
	}
}

// sortAndCut sorts apps and keeps the first ones.
func (p appsPlan) sortAndCut(apps []App) []App {
	slices.SortStableFunc(apps, p.order)
	if p.Top > 0 && len(apps) > p.Top {
		clear(apps[p.Top:])
		apps = apps[:p.Top]
	}
	return apps
}

// readRecords reads the SaaS records that a func selects. The tenant's own filters
// are not used: how they treat case and missing values is not documented, and
// nobody would notice a missing record. Deleted records are excluded, with a note.
func (s Source) readRecords(ctx context.Context, selects func(App) bool) ([]App, error) {
	var apps []App
	gone := 0
	err := s.retryPassing(ctx, func() error {
		apps, gone = nil, 0
		read := 0
		for record, err := range s.Oomnitza.AllSaaS(ctx) {
			if err != nil {
				return err
			}
			if record.State == saas.Gone {
				gone++
			} else if app := s.appOf(record); selects(app) {
				apps = append(apps, app)
			}
			if read++; read%500 == 0 {
				s.showStep("apps read from Oomnitza", read, 0)
			}
		}
		return nil
	})
	if err == nil && gone > 0 {
		s.addNote(fmt.Sprintf("%s in Oomnitza %s deleted or archived, and excluded", countNoun(gone, "record"), isOrAre(gone)))
	}
	return apps, err
}
