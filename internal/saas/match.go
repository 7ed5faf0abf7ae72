package saas

// Existing is a record that Oomnitza holds, as the matching rule sees it.
type Existing struct {
	ID        string
	Name      string
	LinkKey   string
	CreatedBy string // username of whoever made it
	Mine      bool   // known to be made by the integration, whatever CreatedBy says
	Hidden    bool   // left out of Oomnitza's own lists: taken only where no other is there
	Taken     bool   // known to stand for another app, though its link key doesn't say so
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
	Action  Action
	ID      string // of the record; empty when it is to be created
	Name    string // that the record has to have; for ActionAdopt the one it has
	Blocker string // id of the record that has the app's plain name, where that is why Name is another
}

// MatchRecord decides which record stands for an app. found holds the records with
// the app's link key or with one of its LookupNames; others are ignored, and
// records that are gone must not be among them. By order: the record that
// carries the app's id; the one that has its id in the name; the one that has
// its name, unless that is another app's; a new one. When several apps are decided on before their records are
// made, the caller adds each decision's record to found, so that two apps of
// one name don't both create it.
func MatchRecord(a App, found []Existing, integrationUser string) Decision {
	m := matching{a: a, found: found, user: integrationUser, plain: appName(a), long: nameWithID(a)}
	if e, ok := findFirst(found, func(e Existing) bool { return e.LinkKey == LinkKey(a.ID) }); ok {
		return m.decideOwn(e)
	}
	// The long name holds the app's id, so what we made under it is this app's. As nothing
	// else tells that, it keeps the name, though nobody else may have the plain one now.
	for _, name := range [...]string{m.long, ShortName(a)} {
		if e, ok := findFirst(found, func(e Existing) bool { return m.isOurs(e) && NameKey(e.Name) == NameKey(name) }); ok {
			return Decision{Action: ActionUseOurs, ID: e.ID, Name: name}
		}
	}
	taken := ""
	for _, name := range [...]string{m.long, m.plain} {
		e, ok := m.findNamed(name)
		if !ok {
			continue
		}
		if m.isOthers(e) {
			if name == m.plain {
				taken = e.ID
			}
			continue
		}
		if m.isOurs(e) {
			return Decision{Action: ActionUseOurs, ID: e.ID, Name: name}
		}
		return Decision{Action: ActionAdopt, ID: e.ID, Name: e.Name}
	}
	if e, ok := findFirst(found, func(e Existing) bool { return m.isOurs(e) && StoredAs(m.plain, e.Name) }); ok {
		return Decision{Action: ActionUseOurs, ID: e.ID, Name: e.Name}
	}
	if taken != "" {
		return Decision{Action: ActionCreateRenamed, Name: m.long, Blocker: taken}
	}
	return Decision{Action: ActionCreate, Name: m.plain}
}

// matching is one app and the records that may be its own.
type matching struct {
	a           App
	found       []Existing
	user        string
	plain, long string
}

// isOurs reports whether we made a record on which no link key was kept.
func (m matching) isOurs(e Existing) bool {
	return !e.Taken && e.LinkKey == "" && (e.Mine || m.user != "" && Fold(e.CreatedBy) == Fold(m.user))
}

// isOthers reports whether a record stands for another app.
func (m matching) isOthers(e Existing) bool {
	linked, ours := ParseLinkKey(e.LinkKey)
	return e.Taken || ours && linked != m.a.ID
}

func (m matching) findNamed(name string) (Existing, bool) {
	key := NameKey(name)
	return findFirst(m.found, func(e Existing) bool { return NameKey(e.Name) == key })
}

// decideOwn is the decision for a record of ours: it has the app's plain name unless
// another record has that, and a longer one only for so long.
func (m matching) decideOwn(e Existing) Decision {
	d := Decision{Action: ActionUseOurs, ID: e.ID, Name: m.plain}
	holder, held := m.findNamed(m.plain)
	if !held || holder.ID == e.ID || NameKey(e.Name) == NameKey(m.plain) {
		return d
	}
	d.Name, d.Blocker = m.long, holder.ID
	if NameKey(e.Name) == NameKey(ShortName(m.a)) {
		d.Name = e.Name
	}
	return d
}

// findFirst finds the record with the smallest id that matches, one that is not
// hidden before one that is, so that the same records give the same decision in
// whatever order they came.
func findFirst(found []Existing, matches func(Existing) bool) (best Existing, ok bool) {
	better := func(a, b Existing) bool {
		if a.Hidden != b.Hidden {
			return !a.Hidden
		}
		return a.ID < b.ID
	}
	for _, e := range found {
		if matches(e) && (!ok || better(e, best)) {
			best, ok = e, true
		}
	}
	return best, ok
}
