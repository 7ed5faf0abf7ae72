package usersync

import (
	"context"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

// scripted is a Target that does what a test says; what none says must not be
// asked.
type scripted struct {
	Target
	assign    func([]saas.Assignment) ([]saas.RowError, error)
	assigned  func(read int, visit func(saas.Assigned) error) (whole bool, err error) // for the first time: 1
	standings map[string]saas.Standing
	people    []saas.Person // whom look-ups find
	late      int           // look-ups that find nobody yet
	like      []saas.Person // whose names look like another
	everybody []saas.Person
	create    func(context.Context, saas.Person) (saas.Person, error)
	outage    error // what other writes and requests fail with
	talkative bool
	waiting   contract.Waiting

	sent     []int // people of each Assign
	reads    int   // of ReadAssigned
	surveyed []string
	created  int // calls of CreatePerson
	lookUps  int
	likes    int // calls of PeopleLike
	doubts   int // how often Blame or CheckRecord was asked
	believed bool
}

func (s *scripted) Assign(_ context.Context, _ string, all []saas.Assignment) ([]saas.RowError, error) {
	s.sent = append(s.sent, len(all))
	return s.assign(all)
}

func (s *scripted) ReadAssigned(_ context.Context, _ string, visit func(saas.Assigned) error) (bool, error) {
	s.reads++
	return s.assigned(s.reads, visit)
}

func (s *scripted) Standings(_ context.Context, _, _ string, people []string) (map[string]saas.Standing, error) {
	s.surveyed = append(s.surveyed, people...)
	return s.standings, s.outage
}

func (s *scripted) LookUpPeople(context.Context, []string) ([]saas.Person, map[string]error, error) {
	if s.lookUps++; s.lookUps <= s.late {
		return nil, nil, s.outage
	}
	return s.people, nil, s.outage
}

func (s *scripted) PeopleLike(context.Context, []string) ([]saas.Person, error) {
	s.likes++
	return s.like, s.outage
}

func (s *scripted) EachPerson(_ context.Context, visit func([]saas.Person) error) error {
	return visit(s.everybody)
}

func (s *scripted) CreatePerson(ctx context.Context, p saas.Person) (saas.Person, error) {
	s.created++
	return s.create(ctx, p)
}

func (s *scripted) Blame(context.Context, error) error {
	s.doubts++
	return s.outage
}

func (s *scripted) CheckRecord(context.Context, string) error {
	s.doubts++
	return s.outage
}

func (s *scripted) Requests() saas.Requests { return saas.Requests{} }

func (s *scripted) Waiting() contract.Waiting { return s.waiting }

func (s *scripted) IsTalkative() bool { return s.talkative }

func (s *scripted) BelieveSilence() { s.believed = true }

// takeAll takes every assignment.
func takeAll([]saas.Assignment) ([]saas.RowError, error) { return nil, nil }

// writerTo makes a writer of one page, to a target that keeps last activity.
func writerTo(t *testing.T, to Target) *writer {
	t.Helper()
	r := &run{
		Engine: New(nil, to, Options{}), target: to, ctx: t.Context(), events: make(chan event, 100), people: newPeopleMemory(100),
		keeping: newKeeper(contract.KeepingKept), batch: newBatchSize(), notes: notebook.New(nil),
	}
	l := &list{ref: contract.AppRef{App: "17", SaaS: "7"}, ledger: newLedger(true, nil)}
	return &writer{run: r, ctx: t.Context(), page: &page{list: l}, record: "7", ledger: l.ledger}
}

// someVisits are visits of so many people, on one day.
func someVisits(n int) (out []visit) {
	for i := range n {
		id := string(rune('a' + i))
		out = append(out, visit{person: &saas.Person{Username: id}, key: id, id: id, lastActivity: day(3), rows: 1})
	}
	return out
}
