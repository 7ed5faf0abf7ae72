package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/sessions"
	"defendersync/internal/temporalx"
)

// keyDiagnoses check the encryption keys, if there are any.
func (d *doctor) keyDiagnoses() []diagnosis {
	if !d.settings.Payload.EncryptionKeys.IsSet() {
		return nil
	}
	return []diagnosis{{"Encryption keys", []string{checkConnection}, d.checkKeys}}
}

// checkKeys reports which keys are still needed, so that an operator knows when one
// that was replaced can be removed.
func (d *doctor) checkKeys(ctx context.Context) outcome {
	keys, err := config.ParsePayloadKeys(d.settings.Payload.EncryptionKeys.Reveal())
	if err != nil {
		return foundFailure(err)
	}
	if d.unread != nil {
		return foundUnknown("the schedule can't be read")
	}
	uses, err := d.conn.sessionReader().ListKeyUses(ctx, d.schedule)
	if err != nil {
		return foundFailure(err)
	}
	reports, err := d.conn.listReportKeys(ctx)
	if err != nil {
		return foundFailure(err)
	}
	return judgeKeys(keys, append(uses, reports...))
}

// judgeKeys compares the keys that there are with those that are needed.
func judgeKeys(keys []config.PayloadKey, uses []sessions.KeyUse) outcome {
	needed := map[string][]string{} // what each key is needed for
	for _, use := range uses {
		if !slices.Contains(needed[use.Key], use.What) {
			needed[use.Key] = append(needed[use.Key], use.What)
		}
	}
	text := []string{keys[0].ID + " encrypts"}
	for _, key := range keys[1:] {
		if what := needed[key.ID]; len(what) > 0 {
			text = append(text, fmt.Sprintf("%s is needed by %s", key.ID, strings.Join(what, ", ")))
		} else {
			text = append(text, fmt.Sprintf("%s is needed by nothing but sessions that have ended", key.ID))
		}
	}
	if what := needed[""]; len(what) > 0 {
		text = append(text, "not encrypted: "+strings.Join(what, ", "))
	}
	return foundOK("%s", strings.Join(text, "; "))
}

// listReportKeys returns the keys of what the schedules of the subscribed reports
// start.
func (c connection) listReportKeys(ctx context.Context) (uses []sessions.KeyUse, err error) {
	names, err := c.listSubscribed(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		d, err := temporalx.DescribeSchedule(ctx, c.temporal, contract.ReportID(c.integration(), name))
		if err != nil {
			return nil, fmt.Errorf("read the schedule of report %s: %w", name, err)
		}
		if d == nil {
			continue // unsubscribed meanwhile
		}
		uses = append(uses, sessions.ListArgumentKeys("report "+name, d.Schedule)...)
	}
	return uses, nil
}
