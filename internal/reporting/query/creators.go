package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"defendersync/internal/saas"
)

// creators are the people who made records, by what "Created by" calls them.
// A tenant may show a username, an id, a name, or nothing at all.
type creators struct {
	asked  string         // whose records are wanted; "": everybody's
	ours   bool           // asked is the integration user
	all    map[string]int // records by the folded form
	marked map[string]int // of those, the ones that this integration has made by another sign
	person *saas.Account
	opaque map[string]bool // forms of our records that name nobody in Oomnitza
}

// newCreators begins a tally for one who was asked for.
func newCreators(asked, integrationUser string) *creators {
	return &creators{asked: asked, ours: asked != "" && saas.Fold(asked) == saas.Fold(integrationUser),
		all: map[string]int{}, marked: map[string]int{}, opaque: map[string]bool{}}
}

// formsKept bounds the forms that are counted: a tenant that calls everybody by
// another name each time tells nothing.
const formsKept = 10_000

// countRecord counts a record.
func (c *creators) countRecord(a App) {
	form := saas.Fold(a.CreatedBy)
	if _, known := c.all[form]; !known {
		if len(c.all) >= formsKept {
			return
		}
		form = strings.Clone(form)
	}
	c.all[form]++
	if a.marked {
		c.marked[form]++
	}
}

// resolveNames looks up who was asked for, where the forms alone don't settle whose
// the records are: none has the asked one, some look like ids or names of
// people, or records that this integration has made have another.
func (c *creators) resolveNames(ctx context.Context, s Source) error {
	plain := saas.Fold(c.asked)
	if plain == "" || !c.isUnsettled(plain) {
		return nil
	}
	var err error
	if c.person, err = s.findAccount(ctx, c.asked); err != nil || !c.ours {
		return err
	}
	for form := range c.marked {
		if form == "" || c.madeRecord(App{CreatedBy: form}) || len(c.opaque) == formsLookedUp {
			continue
		}
		other, err := s.findAccount(ctx, form)
		if err != nil {
			return err
		}
		if other == nil {
			c.opaque[form] = true
		}
	}
	return nil
}

// formsLookedUp bounds how many forms are looked up of which our records say
// that they made them.
const formsLookedUp = 5

// findAccount finds who a name means; nil: nobody, or not one alone.
func (s Source) findAccount(ctx context.Context, name string) (a *saas.Account, err error) {
	err = s.retryPassing(ctx, func() error {
		one, found, err := s.Oomnitza.FindAccount(ctx, name)
		if found {
			a = &one
		}
		return err
	})
	return a, err
}

func (c *creators) isUnsettled(plain string) bool {
	for form := range c.all {
		if form != plain && form != "" && (c.all[plain] == 0 || c.ours && c.marked[form] > 0 || !isUsername(form)) {
			return true
		}
	}
	return false
}

// isUsername reports whether a form is one that usernames have, and neither an
// id nor a name as people have.
func isUsername(form string) bool {
	return strings.Trim(form, "0123456789") != "" && !strings.ContainsAny(form, " ,<(\\")
}

// madeRecord reports whether a record was made by the one who was asked for. Where no
// creator is shown, the record's other signs tell of the integration.
func (c *creators) madeRecord(a App) bool {
	form := saas.Fold(a.CreatedBy)
	switch {
	case c.asked == "" || form == saas.Fold(c.asked):
		return true
	case form == "", c.opaque[form]:
		return c.ours && a.marked
	}
	return c.person != nil && c.person.IsNamed(a.CreatedBy)
}

// noteForms says which records were taken for those of the one who was asked for,
// and which were left out although this integration has made them.
func (c *creators) noteForms(s Source, kept int) {
	if c.asked == "" {
		return
	}
	var others []string
	left, blank, forms := 0, 0, []string{}
	for form := range c.all {
		switch {
		case form == "":
			blank += c.marked[form]
			if c.all[form] > c.marked[form] {
				others = append(others, form)
			}
		case c.madeRecord(App{CreatedBy: form, marked: true}):
			if form != saas.Fold(c.asked) {
				forms = append(forms, fmt.Sprintf("%q", form))
			}
		default:
			others = append(others, form)
			left += c.marked[form]
		}
	}
	slices.Sort(forms)
	if len(forms) > 0 {
		s.addNote(fmt.Sprintf("Created by calls %s %s in some records; these are taken for the same", c.asked, strings.Join(forms, ", ")))
	}
	if !c.ours {
		return
	}
	if blank > 0 {
		s.addNote(fmt.Sprintf("%s of this integration %s no creator; their link key or source tells that they are its own", countNoun(blank, "record"), showOrShows(blank)))
	}
	if left > 0 || kept == 0 && len(others) > 0 {
		c.noteLeftOut(s, left, others)
	}
}

// noteLeftOut says whose records were left out.
func (c *creators) noteLeftOut(s Source, left int, others []string) {
	slices.SortFunc(others, func(a, b string) int { return cmp.Or(c.all[b]-c.all[a], strings.Compare(a, b)) })
	named := make([]string, 0, 3)
	for _, form := range others[:min(len(others), cap(named))] {
		n := c.all[form]
		if form == "" {
			form, n = "nobody", n-c.marked[form]
		}
		named = append(named, fmt.Sprintf("%s (%d)", form, n))
	}
	if more := len(others) - len(named); more > 0 {
		named = append(named, countNoun(more, "other"))
	}
	text := fmt.Sprintf("the records of others are left out: they were created by %s", strings.Join(named, ", "))
	if left > 0 {
		text += fmt.Sprintf("; %d of them were made by this integration, as their link key or source tells", left)
	}
	s.addNote(text + "; ask for records created by any to see them, or set INTEGRATION_USER to who made them")
}

func showOrShows(n int) string {
	if n == 1 {
		return "shows"
	}
	return "show"
}
