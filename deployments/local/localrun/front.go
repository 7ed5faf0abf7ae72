package localrun

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"defendersync/deployments/local/localonly"
)

// columnsKey is where Temporal's Web UI keeps, in the browser, which columns a
// namespace's list of workflows has.
const columnsKey = "namespace-workflow-table-columns"

// sessionColumns make that list read as a page of sync sessions.
var sessionColumns = []string{
	"Start", "SyncIntegration", "Status", "SyncOutcome", "SyncRejected", "Execution Duration", "SyncMode", "SyncStartedBy", "SyncApps", "SyncUsers", "Workflow ID",
}

// sessionsPage sets the columns, unless the operator has chosen others, and
// goes on to the list.
var sessionsPage = template.Must(template.New("sessions").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sync sessions</title></head><body>
<noscript><a href="{{.List}}">Sync sessions</a></noscript>
<script>
const key = {{.Key}}, namespace = {{.Namespace}};
let all = {};
try { all = JSON.parse(localStorage.getItem(key)) || {}; } catch (e) {}
if (!all[namespace] || !all[namespace].length) {
  all[namespace] = {{.Columns}}.map(label => ({label}));
  localStorage.setItem(key, JSON.stringify(all));
}
location.replace({{.List}});
</script></body></html>
`))

// Front serves Temporal's Web UI, which listens behind it, and at /sessions
// the list of sessions with the columns that tell what came of them. It refuses
// what comes from elsewhere, since the Web UI shows and ends workflows for
// everybody.
type Front struct {
	server *http.Server
}

// StartFront listens on a port, where the operator expects the Web UI, which itself
// listens on the port behind.
func StartFront(port, behind int, namespace string) (*Front, error) {
	target, err := url.Parse("http://" + HostPort(behind))
	if err != nil {
		return nil, err
	}
	page := map[string]any{
		"Key": columnsKey, "Namespace": namespace, "Columns": sessionColumns,
		"List": fmt.Sprintf("/namespaces/%s/workflows?query=%s", url.PathEscape(namespace), url.QueryEscape("`WorkflowType`=\"Session\"")),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+SessionsPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = sessionsPage.Execute(w, page) // a browser that has gone away
	})
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the Web UI checks that requests come from its own pages
	}}
	mux.Handle("/", proxy)
	listener, err := net.Listen("tcp", HostPort(port))
	if err != nil {
		return nil, fmt.Errorf("serving the Web UI: %w", err)
	}
	f := &Front{&http.Server{Handler: localonly.Handler(mux), ReadHeaderTimeout: 10 * time.Second}}
	go func() {
		if err := f.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			_ = listener.Close()
		}
	}()
	return f, nil
}

// Stop ends the front; what is being answered gets a moment.
func (f *Front) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if f.server.Shutdown(ctx) != nil {
		_ = f.server.Close()
	}
}
