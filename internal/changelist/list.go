package changelist

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"defendersync/internal/saas"
)

// Person is a person who would be created.
type Person struct {
	Username, Email, FirstName, LastName string
	Role                                 int  // Oomnitza's role id
	Restricted                           bool // may not log in to Oomnitza
}

// Assignment is one person's use of an app that would be written.
type Assignment struct {
	Username string    // in Oomnitza, or as it would be there
	Email    string    // "" where Defender tells none
	PersonID string    // Oomnitza's; of a person to be created, one that only this run knows
	New      bool      // the person is not assigned yet; else the last activity is raised
	Before   time.Time // last activity in Oomnitza; zero: none
	After    time.Time // last activity to be written
}

// List is what one dry run would write. It is safe for concurrent use, and is noted in
// by methods that do nothing on nil.
type List struct {
	mu     sync.Mutex
	apps   map[string]*App // by record id
	people spool[Person]
	seats  spool[[]Assignment]
	blocks map[string][]block // where the assignments of a record are
	err    error              // why something could not be noted
}

// New begins a list. Its temporary files are in a folder; "": the system's.
func New(folder string) (*List, error) {
	l := &List{apps: map[string]*App{}, blocks: map[string][]block{}}
	var err error
	if l.people.file, err = createSpool(folder); err != nil {
		return nil, err
	}
	if l.seats.file, err = createSpool(folder); err != nil {
		l.people.close()
		return nil, err
	}
	return l, nil
}

// Close removes the temporary files.
func (l *List) Close() {
	l.people.close()
	l.seats.close()
}

// NoteApp takes in what would be done about an app's record: before is the record as the
// tenant has it, and after as it would be once this is done.
func (l *List) NoteApp(app saas.App, id string, did Action, before, after saas.Record) {
	if l == nil {
		return
	}
	if did == ActionCreate || saas.IsImaginary(id) { // an earlier attempt may have made it
		did, before = ActionCreate, saas.Record{}
	}
	noted := App{ID: app.ID, Name: app.Name, RecordID: id, Record: after.Name, Action: did, Changes: changeFields(before, after)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if known := l.apps[id]; known != nil {
		known.merge(noted)
		return
	}
	l.apps[id] = &noted
}

// NoteTotal takes in that a record's Total Active Users would be changed.
func (l *List) NoteTotal(record string, before, after int) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if app := l.apps[record]; app != nil {
		app.setTotal(before, after)
	}
}

// NotePerson takes in that a person would be created.
func (l *List) NotePerson(p saas.Person) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.people.add(Person{p.Username, p.Email, p.FirstName, p.LastName, p.Role, p.Restricted})
	l.noteFailure(err)
}

// NoteAssignments takes in that people would be assigned to a record.
func (l *List) NoteAssignments(record string, seats []Assignment) {
	if l == nil || len(seats) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at, err := l.seats.add(seats)
	l.noteFailure(err)
	l.blocks[record] = append(l.blocks[record], at)
}

// noteFailure remembers the first failure, which reading then returns.
func (l *List) noteFailure(err error) {
	if l.err == nil {
		l.err = err
	}
}

// Apps yields the apps, by name, but for those of which neither the record nor an
// assignment would be changed.
func (l *List) Apps() iter.Seq2[App, error] {
	return func(yield func(App, error) bool) {
		for _, app := range l.listApps() {
			seats, err := l.readAssignments(app.RecordID)
			if err != nil {
				yield(App{}, err)
				return
			}
			app.Assigned = len(seats)
			if (app.Action != ActionKeep || app.Assigned > 0) && !yield(app, nil) {
				return
			}
		}
	}
}

// People yields the people to be created.
func (l *List) People() iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.err != nil {
			yield(Person{}, l.err)
			return
		}
		for p, err := range l.people.all() {
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// Assignments yields the assignments, by app and username.
func (l *List) Assignments() iter.Seq2[AppAssignment, error] {
	return func(yield func(AppAssignment, error) bool) {
		for _, app := range l.listApps() {
			seats, err := l.readAssignments(app.RecordID)
			if err != nil {
				yield(AppAssignment{}, err)
				return
			}
			for _, seat := range seats {
				if !yield(AppAssignment{app, seat}, nil) {
					return
				}
			}
		}
	}
}

// AppAssignment is an assignment with its app.
type AppAssignment struct {
	App App
	Assignment
}

// listApps lists all apps by the names of their records.
func (l *List) listApps() []App {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]App, 0, len(l.apps))
	for _, app := range l.apps {
		out = append(out, app.settleAction())
	}
	slices.SortFunc(out, func(a, b App) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Record), strings.ToLower(b.Record)), cmp.Compare(a.RecordID, b.RecordID))
	})
	return out
}

// readAssignments reads the assignments of one record, each person's once: as the person
// is before the session and as they would be after it.
func (l *List) readAssignments(record string) ([]Assignment, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	at := map[string]int{}
	var out []Assignment
	for _, b := range l.blocks[record] {
		seats, err := l.seats.read(b)
		if err != nil {
			return nil, err
		}
		for _, s := range seats {
			if i, known := at[s.PersonID]; known {
				if s.After.After(out[i].After) {
					out[i].After = s.After
				}
				continue
			}
			at[s.PersonID] = len(out)
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Assignment) int {
		return cmp.Or(cmp.Compare(a.Username, b.Username), cmp.Compare(a.PersonID, b.PersonID))
	})
	return out, nil
}
