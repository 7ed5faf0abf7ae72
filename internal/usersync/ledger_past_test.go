package usersync

import (
	"fmt"
	"math"
	"testing"
	"time"

	"defendersync/internal/contract"
)

// leave lets a ledger's visits be written and counted, and takes what it leaves.
func leave(t *testing.T, l *ledger, visits ...visit) *past {
	t.Helper()
	c := l.claimVisits(visits, contract.KeepingKept)
	l.releaseVisits(c.news, nil, len(c.news))
	l.noteCounted(visits)
	p, ok := l.makePast()
	if !ok {
		t.Fatal("the ledger leaves nothing")
	}
	return p
}

func TestALedgerGoesOnWhereAnEarlierStreamHasLeftIt(t *testing.T) {
	first := ledgerOf(map[string]time.Time{"idle": day(2), "late": day(9), "untimed": {}})
	p := leave(t, first, visit{id: "idle", lastActivity: day(3), rows: 1}, visit{id: "late", lastActivity: day(4), rows: 1}, visit{id: "new", lastActivity: day(5), rows: 1})
	if len(p.users) != 4 || !p.loaded {
		t.Fatalf("it leaves %d people, loaded %v", len(p.users), p.loaded)
	}
	for name, tc := range map[string]struct {
		visit  visit
		news   bool
		beyond bool
	}{
		"what the stream before has shown":          {visit{id: "idle", lastActivity: day(3), rows: 1}, false, false},
		"less than the stream before has shown":     {visit{id: "new", lastActivity: day(1), rows: 1}, false, false},
		"more than the stream before has shown":     {visit{id: "idle", lastActivity: day(4), rows: 1}, true, true},
		"what Oomnitza had and no stream has shown": {visit{id: "late", lastActivity: day(8), rows: 1}, false, true},
		"somebody whom no stream has shown":         {visit{id: "untimed", lastActivity: day(1), rows: 1}, true, true},
		"somebody whom nobody knew":                 {visit{id: "other", lastActivity: day(1), rows: 1}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(false, &past{loaded: true, users: append([]pastUser(nil), p.users...)})
			if !l.isLoaded() {
				t.Error("it would be read")
			}
			c := l.claimVisits([]visit{tc.visit}, contract.KeepingKept)
			if (len(c.news) == 1) != tc.news {
				t.Errorf("news: %+v", c.news)
			}
			l.releaseVisits(c.news, nil, len(c.news))
			if beyond := l.countBeyond([]visit{tc.visit}); (beyond == 1) != tc.beyond {
				t.Errorf("%d rows are beyond", beyond)
			}
		})
	}
}

func TestActivePeopleOfBothStreamsCount(t *testing.T) {
	p := leave(t, ledgerOf(map[string]time.Time{"a": day(1), "b": day(8), "c": {}}))
	l := newLedger(false, p)
	if got := l.countActive(day(10), 5*24*time.Hour); got != 1 {
		t.Errorf("%d are active, not b alone", got)
	}
	p = leave(t, l, visit{id: "a", lastActivity: day(9), rows: 1}, visit{id: "b", lastActivity: day(9), rows: 1}, visit{id: "d", lastActivity: day(9), rows: 1})
	if got := newLedger(false, p).countActive(day(10), 5*24*time.Hour); got != 3 {
		t.Errorf("%d are active, not a, b and d", got)
	}
}

func TestALedgerLeavesTheLatestActivityThatFourBytesHold(t *testing.T) {
	l := ledgerOf(nil)
	l.people["a"] = entry{assigned: true, last: math.MaxUint32}
	if p, ok := l.makePast(); !ok || len(p.users) != 1 || p.users[0].last != math.MaxUint32 {
		t.Errorf("it leaves %+v, %v", p, ok)
	}
}

func TestALedgerInDoubtLeavesNothing(t *testing.T) {
	for name, spoil := range map[string]func(*ledger){
		"a list that is cut off": func(l *ledger) { l.cut = true },
		"a write without an answer": func(l *ledger) {
			c := l.claimVisits([]visit{{id: "a", lastActivity: day(3), rows: 1}}, contract.KeepingKept)
			l.releaseVisits(c.news, nil, 0)
		},
		"an earlier ledger's write without an answer": func(l *ledger) { l.takeSent("c", recent{sent: day(3).Unix()}) },
		"a write on its way": func(l *ledger) {
			l.claimVisits([]visit{{id: "a", lastActivity: day(3), rows: 1}}, contract.KeepingKept)
		},
		"a last activity that is only a bound":        func(l *ledger) { l.people["b"] = entry{assigned: true, unsure: true, last: 5} },
		"a last activity that four bytes do not hold": func(l *ledger) { l.people["b"] = entry{assigned: true, last: unbounded} },
	} {
		t.Run(name, func(t *testing.T) {
			l := ledgerOf(map[string]time.Time{"a": day(1)})
			spoil(l)
			if p, ok := l.makePast(); ok {
				t.Errorf("it leaves %+v", p)
			}
		})
	}
}

func TestRecordsAreRememberedAsLongAsNobodyElseWrites(t *testing.T) {
	for name, tc := range map[string]struct {
		then    func(m *ledgerMemory, token string) (run int)
		keepsIt bool
	}{
		"the next run of the session": {func(m *ledgerMemory, token string) int { return m.beginRun("s", token, false) }, true},
		"the run after the next": {func(m *ledgerMemory, token string) int {
			return m.beginRun("s", m.tokenOf(m.beginRun("s", token, false)), false)
		}, true},
		"a run that goes on where another attempt broke off": {func(m *ledgerMemory, token string) int { return m.beginRun("s", token, true) }, false},
		"a run of another session":                           {func(m *ledgerMemory, token string) int { return m.beginRun("t", token, false) }, false},
		"a run without a token":                              {func(m *ledgerMemory, _ string) int { return m.beginRun("s", "", false) }, false},
		"a run after one whose end is not known": {func(m *ledgerMemory, token string) int {
			m.beginRun("s", token, false)
			return m.beginRun("s", token, false)
		}, false},
		"a run after one of another worker": {func(m *ledgerMemory, token string) int {
			var other ledgerMemory
			return m.beginRun("s", other.tokenOf(other.beginRun("s", token, false)), false)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var m ledgerMemory
			run := m.beginRun("s", "", false)
			m.keepPast(run, "record", &past{loaded: true})
			if got := m.takePast(tc.then(&m, m.tokenOf(run)), "record"); (got != nil) != tc.keepsIt {
				t.Errorf("remembered: %+v", got)
			}
			m.keepPast(run, "late", &past{})
			if m.takePast(m.run, "late") != nil {
				t.Error("what an older run leaves is taken in")
			}
		})
	}
}

func TestRecordsAreRememberedThatJustFit(t *testing.T) {
	var m ledgerMemory
	run := m.beginRun("s", "", false)
	const users = (maxPast - 2*recordBytes) / 16
	m.keepPast(run, "most", &past{users: make([]pastUser, users-1)})
	m.keepPast(run, "too much", &past{users: make([]pastUser, 2)})
	m.keepPast(run, "just right", &past{users: make([]pastUser, 1)})
	m.keepPast(run, "more", &past{})
	if len(m.records) != 2 || m.bytes != maxPast || m.records["just right"] == nil {
		t.Errorf("%d records are remembered, in %d bytes of %d", len(m.records), m.bytes, maxPast)
	}
}

func TestTheMemoryOfRecordsIsBounded(t *testing.T) {
	var m ledgerMemory
	run := m.beginRun("s", "", false)
	const users = 1000
	for i := range 2 * maxPast / (16 * users) {
		m.keepPast(run, fmt.Sprint(i), &past{loaded: true, users: make([]pastUser, users)})
		if m.bytes > maxPast {
			t.Fatalf("%d bytes are held", m.bytes)
		}
	}
	if m.takePast(run, "0") == nil {
		t.Error("the first record, which the next stream needs first, was dropped")
	}
	if held := m.bytes; held < maxPast-2*(recordBytes+16*users) {
		t.Errorf("it holds %d bytes, of %d", held, maxPast)
	}
	for record := range m.records {
		m.takePast(run, record)
	}
	if m.bytes != 0 {
		t.Errorf("%d bytes are left of nothing", m.bytes)
	}
}
