package oracle

import "strings"

// Told is what a session said of what it could not carry over.
type Told struct {
	Failed  bool            // the session failed, and says why
	Errors  bool            // it completed with errors
	Skipped int             // rows that it skipped by rule
	Quiet   map[string]bool // what nothing tells of, though it is there: apps by id, and "id/address" and "id/" of their users and records

	apps, users map[string]bool
}

// RejectRow takes in one rejected row.
func (t *Told) RejectRow(reason, app, subject string) {
	if t.apps == nil {
		t.apps, t.users = map[string]bool{}, map[string]bool{}
	}
	subject = strings.ToLower(subject)
	if subject == "" || strings.HasPrefix(reason, "app ") {
		t.apps[app] = true
	}
	t.users[subject] = true
	t.apps[app+"/"+subject] = true
}

// namesDifference reports whether a missing thing is named: as a user, as a user of that
// app, or by its whole app. A row without app and user tells of apps whose
// names nobody could read.
func (t *Told) namesDifference(d Difference) bool {
	return t.apps[""] || d.User != "" && t.users[d.User] || d.App != "" && (t.apps[d.App] || t.apps[d.App+"/"+d.User])
}

// FindUnexplained gives the differences that a session did not tell of: what is
// wrong always is one; what is missing is told by a failure, by the rejected
// rows or by the number of skipped ones, or nothing could tell of it.
func (t *Told) FindUnexplained(found []Difference) (out []Difference) {
	skipped := t.Skipped
	for _, d := range found {
		switch {
		case !d.IsMissing():
			out = append(out, d)
		case t.Failed, t.Quiet[d.App], t.Quiet[d.App+"/"+d.User], t.Errors && t.namesDifference(d):
		case t.Errors && skipped > 0:
			skipped--
		default:
			out = append(out, d)
		}
	}
	return out
}

// JoinTexts joins the first of the differences, a line each.
func JoinTexts(found []Difference) string {
	var lines []string
	for _, d := range found[:min(20, len(found))] {
		lines = append(lines, d.Text)
	}
	return strings.Join(lines, "\n")
}
