package temporalx

import (
	"net/url"
	"strings"
)

// PageOf gives the address of a workflow's page in the Web UI, of its latest
// run where none is named; nil where TEMPORAL_UI_URL does not tell the Web UI's
// own.
func PageOf(environ []string, namespace string) func(workflowID, run string) string {
	base := strings.TrimRight(Lookup(environ, "TEMPORAL_UI_URL"), "/")
	if base == "" {
		return nil
	}
	return func(workflowID, run string) string {
		page := base + "/namespaces/" + url.PathEscape(namespace) + "/workflows/" + url.PathEscape(workflowID)
		if run != "" {
			page += "/" + url.PathEscape(run)
		}
		return page
	}
}

// Lookup finds NAME=value in an environment; the last one counts.
func Lookup(environ []string, name string) string {
	value := ""
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return strings.TrimSpace(value)
}
