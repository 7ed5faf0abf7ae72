package e2e

import (
	"strings"

	"go.temporal.io/sdk/client"
)

// done runs a command that has to succeed.
func (b *bench) done(args ...string) string {
	b.t.Helper()
	out := b.RunCommand(b.ctx, args...)
	if out.Code != 0 {
		b.t.Fatalf("%q ended with %d: %s%s", args, out.Code, out.Out, out.Err)
	}
	return out.Out
}

// refused runs a command that has to fail by a code and say why.
func (b *bench) refused(code int, says string, args ...string) {
	b.t.Helper()
	out := b.RunCommand(b.ctx, args...)
	if out.Code != code || !strings.Contains(out.Err, says) || out.Out != "" {
		b.t.Errorf("%q ended with %d, not %d, and said %s%s", args, out.Code, code, out.Out, out.Err)
	}
}

// edit changes the schedule by hand, as somebody may in the Web UI.
func (b *bench) edit(change func(*client.Schedule)) {
	b.t.Helper()
	c, err := b.DialClient()
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	err = c.ScheduleClient().GetHandle(b.ctx, b.Name).Update(b.ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			change(&in.Description.Schedule)
			return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// checked is what check found, by the check's name.
func (b *bench) checked(code int) map[string]found {
	b.t.Helper()
	out := b.RunCommand(b.ctx, "check", "--output", "json")
	if out.Code != code {
		b.t.Errorf("check ended with %d, not %d: %s%s", out.Code, code, out.Out, out.Err)
	}
	var list []found
	b.decode(out.Out, &list)
	got := map[string]found{}
	for _, f := range list {
		got[f.Check] = f
	}
	return got
}

type found struct {
	Check, Status, Detail string
	OK                    bool
	TookNs                int64
}

// finds compares what check found with what it should.
func (b *bench) finds(got map[string]found, status string, names ...string) {
	b.t.Helper()
	for _, name := range names {
		if f := got[name]; f.Status != status || f.OK != (status != "failed") || f.Detail == "" {
			b.t.Errorf("%s is not %s: %+v", name, status, f)
		}
	}
}
