// Package contract holds what Temporal keeps of defendersync: the names of its
// workflows, activities, signals, queries, search attributes and ids, and every
// type that a history, a memo, a heartbeat, a signal, a query or a schedule
// holds as JSON.
//
// Change nothing here lightly. A name or a JSON key outlives the process that
// wrote it: workers of the version before run beside new ones during an
// upgrade, sessions that began under it go on under the next, schedules keep
// their arguments for years, and a session starts from the result of the last
// one. Go names are in none of this, and may change; the files in testdata pin
// the JSON.
//
// To change it safely:
//   - A new field is optional: its key has omitempty or omitzero, and its zero
//     value means what its absence meant.
//   - A field that is no longer used stays until no schedule, carry or running
//     workflow of a supported version can hold it.
//   - A key, a type or a unit never changes. Add a field beside the old one,
//     write both, and read the new one first.
//   - A workflow, activity, signal or query never changes its name. What it
//     means may change only with workflow.GetVersion in the workflow.
//   - Then record what changed: go test ./internal/contract -update, and read
//     the difference in testdata as the one that runs in production.
//
// It is no place for behaviour beyond a line or two, and knows neither Temporal's
// SDK nor any package of ours but the domain's, saas.
package contract
