package temporalx

import (
	"net/url"
	"strings"
)

// WebUIPages returns a function that builds the address of a workflow's page in the
// Web UI; a run of "" means the latest one. It returns nil if TEMPORAL_UI_URL is not
// set.
func WebUIPages(environ []string, namespace string) func(workflowID, run string) string {
	base := strings.TrimRight(LookupVariable(environ, "TEMPORAL_UI_URL"), "/")
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

// LookupVariable returns the trimmed value of a variable in an environment in the
// form of os.Environ, or "" if it is not set. The last of several counts.
func LookupVariable(environ []string, name string) string {
	value := ""
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return strings.TrimSpace(value)
}
