package tenants

import (
	"context"
	"errors"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
)

// UserTarget writes people and their use of apps into Oomnitza, for usersync.
// Most of what that asks for the client does as it is.
type UserTarget struct{ *oomnitza.Client }

// ReadAssigned implements usersync.Target.
func (t UserTarget) ReadAssigned(ctx context.Context, record string, visit func(saas.Assigned) error) (whole bool, err error) {
	err = t.Assigned(ctx, record, visit)
	if errors.Is(err, oomnitza.ErrCutOff) {
		return false, nil
	}
	return err == nil, err
}

// IsTalkative implements usersync.Target.
func (t UserTarget) IsTalkative() bool { return t.Tells() }

// CheckRecord implements usersync.Target.
func (t UserTarget) CheckRecord(ctx context.Context, record string) error {
	_, err := t.GetSaaS(ctx, record)
	return err
}

// SetTotal implements usersync.Target. A denial is this record's own where other
// records can be written.
func (t UserTarget) SetTotal(ctx context.Context, record string, active int) error {
	current, err := t.readRecord(ctx, record)
	if err != nil {
		return err
	}
	change := current
	change.ActiveUsers = active
	if err = t.PatchSaaS(ctx, current, change); err == nil {
		return nil
	}
	if !httpx.IsDenial(err) && httpx.KindOf(err) != httpx.KindContract {
		return err
	}
	if blamed := t.Blame(ctx, err); blamed != nil {
		return blamed
	}
	return refusedAlone(err)
}

// readRecord reads a record that is to be changed: one that was made a moment ago
// together with the others.
func (t UserTarget) readRecord(ctx context.Context, id string) (saas.Record, error) {
	if rec, found := t.ReadMade(ctx, id); found {
		return rec, nil
	}
	return t.GetSaaS(ctx, id)
}

// refusedAlone makes a denial that was found to be of one thing alone a refusal
// of it.
func refusedAlone(err error) error {
	var e *httpx.Error
	if !errors.As(err, &e) {
		return err
	}
	alone := *e
	alone.Kind, alone.Hint = httpx.KindRefused, ""
	return &alone
}

// Keeping implements usersync.Target: no call that writes last activity is
// documented, so whether it is kept is found out.
func (t UserTarget) Keeping() contract.Keeping { return contract.KeepingUnknown }

// Requests implements usersync.Target.
func (t UserTarget) Requests() saas.Requests {
	stats := t.Stats()
	return saas.Requests{Oomnitza: stats.Requests, RateLimited: stats.RateLimited}
}
