package compose

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// checkPrometheus starts Prometheus as the profile observability does, and makes sure
// that it finds both workers and the server, and evaluates the alert rules.
func (s *stack) checkPrometheus() {
	s.t.Helper()
	if !s.prometheus {
		s.t.Logf("without Prometheus: %s isn't there", prometheusProgram)
		return
	}
	s.must("up", "--detach", "--no-deps", "prometheus")
	for query, want := range map[string]string{
		`sum(up{job="defendersync"})`:                          "2",
		`sum(up{job="temporal"})`:                              "1",
		`count(count by (instance) (defendersync_build_info))`: "2",
	} {
		var got string
		eventually(s.t, 3*time.Minute, query, func() bool { got = s.query(query); return got == want })
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health string }
			}
		}
	}
	eventually(s.t, 2*time.Minute, "the alert rules to be evaluated", func() bool {
		if !s.askPrometheus("/api/v1/rules", &rules) {
			return false
		}
		healthy := 0
		for _, group := range rules.Data.Groups {
			for _, r := range group.Rules {
				if r.Health == "ok" && strings.HasPrefix(r.Name, "Defendersync") {
					healthy++
				}
			}
		}
		return healthy >= 5
	})
}

// query returns the value of an expression; "" while it has none.
func (s *stack) query(expression string) string {
	var answer struct {
		Data struct{ Result []struct{ Value []any } }
	}
	if !s.askPrometheus("/api/v1/query?query="+url.QueryEscape(expression), &answer) || len(answer.Data.Result) != 1 || len(answer.Data.Result[0].Value) != 2 {
		return ""
	}
	value, _ := answer.Data.Result[0].Value[1].(string)
	return value
}

// askPrometheus decodes an answer; false while there is none.
func (s *stack) askPrometheus(path string, into any) bool {
	resp, err := http.Get("http://" + s.address("PROMETHEUS_PORT") + path)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(into) == nil
}
