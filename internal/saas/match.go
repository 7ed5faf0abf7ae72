package saas

// Existing is a record that Oomnitza holds, as the matching rule sees it.
type Existing struct {
	ID        string
	Name      string
	LinkKey   string
	CreatedBy string // username of whoever made it
}

// Action is what to do about an app's record.
type Action string

// The actions of a Decision.
const (
	ActionCreate        Action = "create"         // there is none: make it
	ActionUseOurs       Action = "use-ours"       // it is ours: keep its fields up to date
	ActionAdopt         Action = "adopt"          // somebody else's: assign users, leave its own fields alone
	ActionCreateRenamed Action = "create-renamed" // another app has the name: make it as "Name (id)"
)

// Decision is the record that an app's users go to.
type Decision struct {
	Action Action
	ID     string // of the record; empty when it is to be created
	Name   string // that the record has to have; for ActionAdopt the one it has
}

// CandidateNames are the names under which an app's record may stand; Match
// needs to see every record that has one of them.
func CandidateNames(a App) []string { return []string{appName(a), renamed(a)} }

// Match decides which record stands for an app. found holds the records with
// the app's link key or with one of its CandidateNames; others are ignored.
// By order: the record that carries the app's id; the one that has its name,
// unless that is another app's; a new one. When several apps are decided on
// before their records are made, the caller adds each decision's record to
// found, so that two apps of one name don't both create it.
func Match(a App, found []Existing, integrationUser string) Decision {
	plain, other := appName(a), renamed(a)
	byName := func(name string) (Existing, bool) {
		return first(found, func(e Existing) bool { return Fold(e.Name) == Fold(name) })
	}
	if e, ok := first(found, func(e Existing) bool { return e.LinkKey == LinkKey(a.ID) }); ok {
		return Decision{ActionUseOurs, e.ID, ownName(e, plain, other, byName)}
	}
	taken := false
	for _, name := range [...]string{plain, other} {
		e, ok := byName(name)
		if !ok {
			continue
		}
		if linked, ours := ParseLinkKey(e.LinkKey); ours && linked != a.ID {
			taken = taken || name == plain
			continue
		}
		if e.LinkKey == "" && integrationUser != "" && Fold(e.CreatedBy) == Fold(integrationUser) {
			return Decision{ActionUseOurs, e.ID, name}
		}
		return Decision{ActionAdopt, e.ID, e.Name}
	}
	if taken {
		return Decision{ActionCreateRenamed, "", other}
	}
	return Decision{ActionCreate, "", plain}
}

// ownName is the name for a record of ours: the app's, unless another record
// has it. A record that once got the longer name keeps it, so that names don't
// go back and forth.
func ownName(e Existing, plain, other string, byName func(string) (Existing, bool)) string {
	if Fold(e.Name) == Fold(other) {
		return other
	}
	if holder, ok := byName(plain); ok && holder.ID != e.ID && Fold(e.Name) != Fold(plain) {
		return other
	}
	return plain
}

// first finds the record with the smallest id that matches, so that the same
// records give the same decision in whatever order they came.
func first(found []Existing, matches func(Existing) bool) (best Existing, ok bool) {
	for _, e := range found {
		if matches(e) && (!ok || e.ID < best.ID) {
			best, ok = e, true
		}
	}
	return best, ok
}
