package defender

import (
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// decodeHosts reads every host that the rows of a page tell of each app, by the
// app's id. A session needs an app's website alone; who searches websites needs
// all of them.
func decodeHosts(op string, answer *httpx.Answer, skip int) (map[string][]string, error) {
	env, err := openEnvelope(op, answer, skip)
	if err != nil {
		return nil, err
	}
	r := newReader(appColumns())
	out := make(map[string][]string, len(env.rows))
	for _, row := range env.rows {
		if !r.load(row) {
			continue
		}
		if id := r.id(); id != "" {
			out[id] = append(out[id], saas.Hosts(r.domains())...)
		}
	}
	return out, nil
}
