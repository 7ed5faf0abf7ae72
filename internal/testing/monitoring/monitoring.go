// Package monitoring reads what the product brings for Prometheus and Grafana: the alert
// rules and the dashboard. Its tests hold them, the catalogue of metrics and
// docs/operations.md together; the end-to-end tests evaluate them on a real run.
package monitoring

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"defendersync/internal/testing/reasons"
)

// Alert is an alert rule.
type Alert struct {
	Name        string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// Panel is a panel of the dashboard with its queries, as Prometheus gets them.
type Panel struct {
	Title, Description string
	Queries            []string
}

// FindFile returns the path of a file by its path in the module.
func FindFile(path string) (string, error) {
	root, err := reasons.Root()
	return filepath.Join(root, filepath.FromSlash(path)), err
}

// readFile reads a file by its path in the module.
func readFile(path string) ([]byte, error) {
	full, err := FindFile(path)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(full)
}

// ReadAlerts reads deployments/prometheus/alerts.yaml.
func ReadAlerts() ([]Alert, error) {
	text, err := readFile("deployments/prometheus/alerts.yaml")
	if err != nil {
		return nil, err
	}
	var file struct {
		Groups []struct {
			Rules []Alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("alerts.yaml: %w", err)
	}
	var out []Alert
	for _, g := range file.Groups {
		out = append(out, g.Rules...)
	}
	return out, nil
}

// variables are what Grafana puts into queries, for all integrations and a short span.
var variables = strings.NewReplacer("$integration", ".*", "$__rate_interval", "1m")

// ReadPanels reads the panels of deployments/grafana/defendersync.json that have queries.
func ReadPanels() ([]Panel, error) {
	text, err := readFile("deployments/grafana/defendersync.json")
	if err != nil {
		return nil, err
	}
	var file struct {
		Panels []struct {
			Title, Description string
			Targets            []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("defendersync.json: %w", err)
	}
	var out []Panel
	for _, p := range file.Panels {
		panel := Panel{Title: p.Title, Description: p.Description}
		for _, q := range p.Targets {
			panel.Queries = append(panel.Queries, variables.Replace(q.Expr))
		}
		if len(panel.Queries) > 0 {
			out = append(out, panel)
		}
	}
	return out, nil
}
