package activities

import (
	"errors"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// writeActive writes a record's number of active users. A denial is this
// record's own where other records can be written.
func (r *usageRun) writeActive(current, change saas.Record) error {
	err := r.a.oomnitza.PatchSaaS(r.ctx, current, change)
	if err == nil {
		return nil
	}
	kind := httpx.KindOf(err)
	if !httpx.IsDenial(err) && kind != httpx.KindContract {
		return err
	}
	if blamed := r.a.oomnitza.Blame(r.ctx, err); blamed != nil {
		return blamed
	}
	return refusedAlone(err)
}

// refusedAlone is a denial that was found to be of one thing alone.
func refusedAlone(err error) error {
	var e *httpx.Error
	if !errors.As(err, &e) {
		return err
	}
	alone := *e
	alone.Kind, alone.Hint = httpx.KindRefused, ""
	return &alone
}
