package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"defendersync/internal/saas"
)

// creators decides which records were created by the person who was asked for. The
// texts under Created by are called forms: a tenant may show a username, an id, a
// name, or nothing.
type creators struct {
	asked  string          // whose records are asked for; "": anybody's
	ours   bool            // asked is the integration user
	all    map[string]int  // number of records by folded form
	marked map[string]int  // those of them that carry the mark of this integration
	person *saas.Account   // the person who was asked for; nil: not looked up, or unknown
	opaque map[string]bool // forms of marked records that name nobody in Oomnitza
}

// newCreators begins to count the creators of records.
func newCreators(asked, integrationUser string) *creators {
	return &creators{asked: asked, ours: asked != "" && saas.Fold(asked) == saas.Fold(integrationUser),
		all: map[string]int{}, marked: map[string]int{}, opaque: map[string]bool{}}
}

// formsKept bounds the forms that are counted. A tenant with more does not show
// people there.
const maxForms = 10_000

// countRecord counts a record.
func (c *creators) countRecord(a App) {
	form := saas.Fold(a.CreatedBy)
	if _, known := c.all[form]; !known {
		if len(c.all) >= maxForms {
			return
		}
		form = strings.Clone(form)
	}
	c.all[form]++
	if a.marked {
		c.marked[form]++
	}
}

// resolveNames looks up the person who was asked for if the forms don't decide whose
// the records are: no record has that form, some forms look like ids or people's
// names, or marked records have other forms.
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
		if form == "" || c.madeRecord(App{CreatedBy: form}) || len(c.opaque) == maxLookedUp {
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

// formsLookedUp bounds the forms of marked records that are looked up.
const maxLookedUp = 5

// findAccount finds the person of a name; nil: there is none, or more than one.
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

// isUsername reports whether a form may be a username, and neither an id nor a
// person's name.
func isUsername(form string) bool {
	return strings.Trim(form, "0123456789") != "" && !strings.ContainsAny(form, " ,<(\\")
}

// madeRecord reports whether the person who was asked for created a record. Where no
// creator is shown, the mark decides whether it was this integration.
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

// noteForms says which other forms were taken for the person who was asked for, and
// which marked records were excluded. kept is the number of records included.
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
		s.addNote(fmt.Sprintf("some records show %s as %s under Created by; they are included", c.asked, strings.Join(forms, ", ")))
	}
	if !c.ours {
		return
	}
	if blank > 0 {
		s.addNote(fmt.Sprintf("%s without a creator %s included: the link key or source is this integration's", countNoun(blank, "record"), isOrAre(blank)))
	}
	if left > 0 || kept == 0 && len(others) > 0 {
		c.noteLeftOut(s, left, others)
	}
}

// noteLeftOut says whose records were excluded.
func (c *creators) noteLeftOut(s Source, left int, others []string) {
	slices.SortFunc(others, func(a, b string) int { return cmp.Or(c.all[b]-c.all[a], strings.Compare(a, b)) })
	named := make([]string, 0, 3)
	for _, form := range others[:min(len(others), cap(named))] {
		n := c.all[form]
		if form == "" {
			form, n = "unknown", n-c.marked[form]
		}
		named = append(named, fmt.Sprintf("%s (%d)", form, n))
	}
	if more := len(others) - len(named); more > 0 {
		named = append(named, countNoun(more, "other"))
	}
	text := fmt.Sprintf("records created by others are excluded (creators: %s)", strings.Join(named, ", "))
	if left > 0 {
		text += fmt.Sprintf("; %d of them belong to this integration, by their link key or source", left)
	}
	s.addNote(text + "; to include them, ask for created-by any, or set INTEGRATION_USER to their creator")
}
