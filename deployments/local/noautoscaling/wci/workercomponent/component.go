// Package workercomponent adds to the server's own workers those that start workers of
// deployments: here, none.
package workercomponent

import "go.uber.org/fx"

// Module adds nothing.
var Module = fx.Options()
