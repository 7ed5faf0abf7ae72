package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// What Oomnitza's own connector asks for (github.com/Oomnitza/oomnitza-connector
// 2026.08.1), as its requests were recorded on the wire. [WIRE] The recorded
// answers were made up, so what is answered here is what that client accepts;
// none of it is in the vendor's description. [INF]
//
//	POST /api/request_token                   a token for a user and a password
//	GET  /api/v2/mappings?name=AuthTest       is the token good?
//	GET  /api/v2/mappings?name=CSV_users      which field of a source is which of Oomnitza's
//	GET  /api/v2/mappings?connector_id=77     the same for an integration that the tenant manages
//	POST /api/v3/bulk/check_managed           which of these are to run now: none
//	GET  /api/v3/bulk/{portion}               has somebody cancelled the run?
//	POST /api/v3/bulk                         records to make or change
//	POST /api/v3/bulk/{portion}/finalize      the run is over
//	POST /api/v3/bulk/{id}/add_ready_portion  a run that had nothing to send, or failed

// recordedRole is the role that the recorded mapping gives to people.
const recordedRole = 25

// Portion is one run of a connector, as the tenant has heard of it.
type Portion struct {
	Records   int    // that were sent
	Refused   int    // of those
	Errors    int    // batches that told of a failure
	Error     string // the last of these
	Finalized bool
	Canceled  bool
}

// connectorRuns are all runs, by their id. They are not kept over a restart.
type connectorRuns struct {
	mu  sync.Mutex
	all map[string]*Portion
}

func (r *connectorRuns) changeRun(id string, f func(*Portion)) Portion {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]*Portion{}
	}
	if r.all[id] == nil {
		r.all[id] = &Portion{}
	}
	f(r.all[id])
	return *r.all[id]
}

// Portion tells of a connector's run; the zero Portion of one never heard of.
func (s *Simulator) Portion(id string) Portion {
	s.connectors.mu.Lock()
	defer s.connectors.mu.Unlock()
	if p := s.connectors.all[id]; p != nil {
		return *p
	}
	return Portion{}
}

// CancelPortion has a connector's run end at its next request, as somebody does
// in the tenant's own pages.
func (s *Simulator) CancelPortion(id string) {
	s.connectors.changeRun(id, func(p *Portion) { p.Canceled = true })
}

// answerLogin answers a login by user and password, which needs no token. ok is
// false where the request is another one.
func (s *Simulator) answerLogin(c *call) (ok bool) {
	if c.req.URL.Path != "/api/request_token" || c.req.Method != http.MethodPost {
		return false
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil || form.Get("login") == "" || form.Get("password") == "" {
		c.answerError(http.StatusUnauthorized, "Authentication failed: unknown user or wrong password")
		return true
	}
	c.r.appendText(`{"token": `)
	c.r.appendString(s.opts.OomnitzaToken)
	c.r.appendText("}")
	return true
}

// serveConnector answers what only the vendor's connector asks; false where the
// request is another one.
func (s *Simulator) serveConnector(c *call) bool {
	path := strings.TrimPrefix(c.req.URL.Path, "/api/")
	parts := strings.Split(path, "/")
	switch {
	case path == "v2/mappings" && c.req.Method == http.MethodGet:
		s.answerMapping(c)
	case len(parts) < 2 || parts[0] != "v3" || parts[1] != "bulk":
		return false
	case len(parts) == 2 && c.req.Method == http.MethodPost:
		s.takeBulk(c)
	case len(parts) == 3 && parts[2] == "check_managed" && c.req.Method == http.MethodPost:
		c.r.appendText("[]")
	case len(parts) == 3 && c.req.Method == http.MethodGet:
		c.r.appendText(`{"canceled": `, strconv.FormatBool(s.Portion(parts[2]).Canceled), "}")
	case len(parts) == 4 && parts[3] == "finalize" && c.req.Method == http.MethodPost:
		s.connectors.changeRun(parts[2], func(p *Portion) { p.Finalized = true })
		c.r.appendText("{}")
	case len(parts) == 4 && parts[3] == "add_ready_portion" && c.req.Method == http.MethodPost:
		s.takeReadyPortion(c)
	default:
		return false
	}
	return true
}

// uploadFields are the fields of the recorded uploads, of people and of assets.
func uploadFields() []string {
	return []string{recordUser, recordEmail, "FIRST_NAME", "LAST_NAME", "POSITION", "SERIAL_NUMBER", "MODEL"}
}

// answerMapping tells which field of a source is which of Oomnitza's: for an
// upload those of the same name, and the recorded form for an integration that
// the tenant manages. AuthTest is no source: it asks whether the token is good.
func (s *Simulator) answerMapping(c *call) {
	query := c.req.URL.Query()
	role := s.opts.Roles[0]
	if slices.Contains(s.opts.Roles, recordedRole) {
		role = recordedRole
	}
	switch {
	case query.Get("connector_id") != "":
		c.r.appendText(`{"USER": {"type": "attribute", "value": "login"}, "EMAIL": {"type": "attribute", "value": "email"}, `,
			`"PERMISSIONS_ID": {"type": "value", "value": `, strconv.Itoa(role), `}}`)
	case query.Get("name") == "AuthTest":
		c.r.appendText("{}")
	case query.Get("name") != "":
		c.r.appendText("{")
		for i, field := range uploadFields() {
			if i > 0 {
				c.r.appendText(", ")
			}
			c.r.appendText(`"`, field, `": "`, field, `"`)
		}
		c.r.appendText("}")
	default:
		c.answerError(http.StatusBadRequest, "name or connector_id is required")
	}
}

// takeReadyPortion takes word of a run that sent no records.
func (s *Simulator) takeReadyPortion(c *call) {
	var body struct {
		ID     string `json:"correlation_id"`
		Failed int    `json:"failed"`
		Error  string `json:"error_message"`
	}
	if json.Unmarshal(c.body, &body) != nil || body.ID == "" {
		c.answerError(http.StatusBadRequest, "correlation_id is required")
		return
	}
	s.connectors.changeRun(body.ID, func(p *Portion) {
		p.Finalized = true
		p.Errors += body.Failed
		p.Error = body.Error
	})
	c.r.appendText("{}")
}

// bulk is a batch of records as the connector sends them.
type bulk struct {
	Portion    string                       `json:"portion"`
	DataType   string                       `json:"data_type"`
	SyncField  []string                     `json:"sync_field"`
	InsertOnly bool                         `json:"insert_only"`
	UpdateOnly bool                         `json:"update_only"`
	TestRun    bool                         `json:"test_run"`
	Error      string                       `json:"error"`
	Records    []map[string]json.RawMessage `json:"records"`
}

// takeBulk makes or changes what the records say. Refused records stand in the
// answer, which that client never reads.
func (s *Simulator) takeBulk(c *call) {
	var b bulk
	if err := json.Unmarshal(c.body, &b); err != nil || b.Portion == "" {
		c.answerError(http.StatusBadRequest, "portion and records are required")
		return
	}
	refused := []string{}
	if b.Error == "" && !b.TestRun && b.DataType == "users" {
		for i, record := range b.Records {
			if err := s.takeRecord(c, &b, record); err != nil {
				refused = append(refused, fmt.Sprintf("record %d: %v", i, err))
			}
		}
	}
	s.connectors.changeRun(b.Portion, func(p *Portion) {
		if b.Error != "" {
			p.Errors++
			p.Error = b.Error
			return
		}
		p.Records += len(b.Records)
		p.Refused += len(refused)
	})
	answer, _ := json.Marshal(map[string][]string{"errors": refused}) // of texts alone
	c.r.appendText(string(answer))
}
