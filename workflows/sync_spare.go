package workflows

import (
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// doubtRows takes in that rows of the stream at hand may add something, though nobody
// has seen them.
func (s *syncRun) doubtRows(n int) { s.state.Beyond += n }

// countRows takes in what carrying over a page of apps told of the stream's rows. A
// worker of an older version does not say what earlier streams had shown.
func (s *syncRun) countRows(out contract.SyncUsageResult) {
	seen := out.Counts.Users.Seen
	s.state.Rows += seen
	if out.Beyond == nil {
		s.doubtRows(seen)
		return
	}
	s.doubtRows(*out.Beyond + out.Rejects.Total())
}

// judgeStream ends a stream: one that was read whole by a full session, and of which
// the streams before it had shown every row, is left out by incremental sessions.
func (s *syncRun) judgeStream() {
	st := s.state
	stream := s.currentStream()
	if st.Plan.Window.Mode == saas.ModeFull && st.Stream > 0 && st.Rows > 0 && st.Beyond == 0 {
		spared := contract.SparedStream{ID: stream.ID, Name: stream.Name}
		for _, other := range st.Plan.Streams[:st.Stream] {
			spared.Others = append(spared.Others, other.ID)
		}
		st.Result.Carry.Spared = append(st.Result.Carry.Spared, spared)
	}
	st.Rows, st.Beyond = 0, 0
}
