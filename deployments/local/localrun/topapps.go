package localrun

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// usedApp is an app as Oomnitza lists it. [DOC: SaaS of its REST API v3]
type usedApp struct {
	Name     string `json:"saas_name"`
	Category string `json:"category"`
	Active   int    `json:"visited"` // the page's "Total Active Users" [INF]
}

// fetchTopApps asks Oomnitza for the n apps with the most active users.
func fetchTopApps(ctx context.Context, base, token string, n int) ([]usedApp, error) {
	query := url.Values{"sortby": {"visited desc"}, "limit": {fmt.Sprint(n)}}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/api/v3/saas?"+query.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("asking Oomnitza for apps: %w", err)
	}
	request.Header.Set("Authorization2", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking Oomnitza for apps: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking Oomnitza for apps: it answers %s", response.Status)
	}
	var apps []usedApp
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&apps); err != nil {
		return nil, fmt.Errorf("reading Oomnitza's list of apps: %w", err)
	}
	return apps[:min(n, len(apps))], nil
}

// printTopApps prints a table of apps.
func printTopApps(w io.Writer, apps []usedApp) {
	if len(apps) == 0 {
		fmt.Fprintln(w, "Oomnitza holds no apps yet.")
		return
	}
	fmt.Fprintln(w, "Most used apps:")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, app := range apps {
		fmt.Fprintf(table, "  %2d.\t%s\t%d active users\t%s\n", i+1, app.Name, app.Active, app.Category)
	}
	_ = table.Flush()
}

// secret is a setting, or the content of the file that <NAME>_FILE names.
func (s settings) secret(name string) (string, error) {
	path := s.vars[name+"_FILE"]
	if path == "" || s.vars[name] != "" {
		return s.vars[name], nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading %s_FILE: %w", name, err)
	}
	return strings.TrimSpace(string(data)), nil
}
