package notify

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

var vendorSchemas = flag.String("vendor-schemas", "", "folder with the vendors' own schemas; see testdata/schemas/README.md")

var testRoutingKey = strings.Repeat("k3y5", 8)

// bodiesOf writes a notice in a format.
func bodiesOf(t *testing.T, format string, n contract.Notice, outdated ...string) [][]byte {
	t.Helper()
	w, err := newWebhook(config.Notify{WebhookURL: config.NewSecret("https://hooks.example/x"), WebhookFormat: format, RoutingKey: config.NewSecret(testRoutingKey)})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := w.writeMessages(n, outdated)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, m := range messages {
		out = append(out, m.body)
	}
	return out
}

// hardNotices are those that could break a limit or be taken for markup.
func hardNotices() map[string]contract.Notice {
	long := failed()
	long.Headline, long.Cause, long.Todo = strings.Repeat("Überschrift 标题 ", 400), strings.Repeat("😀 cause & effect ", 900), strings.Repeat("x", 20_000)
	long.Session = strings.Repeat("s", 3000)
	for range 40 {
		long.Errors = append(long.Errors, saas.ReasonCount{Reason: strings.Repeat("reason ", 200), Count: 1 << 40})
	}
	markup := failed()
	markup.Headline = "<!channel> **bold** _it_ [x](https://evil.example) & `code`"
	markup.Cause = "<at>Everyone</at> <script>alert(1)</script> *a* ~b~ :x: <https://evil.example|click> \\ | \u202eexe.cod"
	markup.Integration = "a_b_c"
	markup.Link = "https://temporal.contoso.com/a?x=1&y=<b>|c"
	bare := contract.Notice{Key: "k", Integration: "k", Kind: contract.NoticeStalled}
	return map[string]contract.Notice{"long": long, "markup": markup, "bare": bare}
}

// allNotices are the samples and the hard ones.
func allNotices() map[string]contract.Notice {
	out := hardNotices()
	for name, n := range samples() {
		out[name] = n
	}
	return out
}

// openSchema compiles a schema of testdata.
func openSchema(t *testing.T, format string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("testdata/schemas/" + format + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decode(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEachFormatMeetsItsSchema(t *testing.T) {
	for _, format := range []string{config.WebhookTeams, config.WebhookSlack, config.WebhookPagerDuty} {
		schema := openSchema(t, format)
		for name, n := range allNotices() {
			bodies := bodiesOf(t, format, n)
			if len(bodies) == 0 {
				t.Errorf("%s, %s: nothing is posted", format, name)
			}
			for _, body := range bodies {
				if err := schema.Validate(decode(t, body)); err != nil {
					t.Errorf("%s, %s: %v\n%s", format, name, err, body)
				}
				if format == config.WebhookTeams && len(body) > 20_000 {
					t.Errorf("%s: %d bytes", name, len(body))
				}
			}
		}
	}
}

// A schema that takes everything would prove nothing.
func TestTheSchemasRefuseWhatTheVendorsRefuse(t *testing.T) {
	for format, changes := range map[string]map[string][2]string{
		config.WebhookTeams: {
			"a color":   {`"Attention"`, `"red"`},
			"a field":   {`"isSubtle"`, `"subtle"`},
			"a type":    {`"RichTextBlock"`, `"RichText"`},
			"a link":    {`"url":"https:`, `"url":"javascript:`},
			"a content": {`card.adaptive"`, `card.hero"`},
		},
		config.WebhookSlack: {
			"a block":  {`"header"`, `"title"`},
			"a text":   {`"plain_text"`, `"markdown"`},
			"a length": {`"🔴 `, `"🔴 ` + strings.Repeat("x", 150)},
		},
		config.WebhookPagerDuty: {
			"a severity":  {`"error"`, `"high"`},
			"a key":       {testRoutingKey, "short"},
			"no summary":  {`"summary"`, `"title"`},
			"no payload":  {`"payload"`, `"load"`},
			"an action":   {`"trigger"`, `"open"`},
			"a timestamp": {`"2026-11-24T03:00:00Z"`, `"yesterday"`},
		},
	} {
		schema := openSchema(t, format)
		good := string(bodiesOf(t, format, failed())[0])
		for name, c := range changes {
			bad := strings.Replace(good, c[0], c[1], 1)
			if bad == good || schema.Validate(decode(t, []byte(bad))) == nil {
				t.Errorf("%s: %s is not refused in %s", format, name, bad)
			}
		}
	}
}

// TestVendorsSchemas checks the bodies against the vendors' own files, where a
// developer has them.
func TestVendorsSchemas(t *testing.T) {
	if *vendorSchemas == "" {
		t.Skip("no -vendor-schemas")
	}
	c := jsonschema.NewCompiler()
	cards := vendorFile(t, "adaptive-card.json")
	delete(cards, "id") // of an older draft than its keywords
	events := vendorFile(t, "openapiv3.json")
	if err := c.AddResource("card.json", cards); err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("events.json", events); err != nil {
		t.Fatal(err)
	}
	card, event := c.MustCompile("card.json"), c.MustCompile("events.json#/paths/~1enqueue/post/requestBody/content/application~1json/schema")
	for name, n := range allNotices() {
		for _, body := range bodiesOf(t, config.WebhookPagerDuty, n) {
			if err := event.Validate(decode(t, body)); err != nil {
				t.Errorf("PagerDuty, %s: %v", name, err)
			}
		}
		message := decode(t, bodiesOf(t, config.WebhookTeams, n)[0]).(map[string]any)
		content := message["attachments"].([]any)[0].(map[string]any)["content"].(map[string]any)
		delete(content, "msteams") // Teams' own addition, which the schema of cards does not have
		if err := card.Validate(content); err != nil {
			t.Errorf("Teams, %s: %v", name, err)
		}
		content["body"].([]any)[0].(map[string]any)["type"] = "RichText"
		if card.Validate(content) == nil {
			t.Error("the vendor's schema of cards refuses nothing")
		}
	}
}

func vendorFile(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(*vendorSchemas, name))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, text).(map[string]any)
}

func TestNoTextOfATenantIsMarkup(t *testing.T) {
	n := hardNotices()["markup"]
	slack := string(bodiesOf(t, config.WebhookSlack, n)[0])
	var m slackMessage
	if err := json.Unmarshal([]byte(slack), &m); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(m.Text, "<>") || strings.Contains(m.Text, " & ") || !strings.Contains(m.Text, "&amp;") {
		t.Errorf("the text has control characters: %s", m.Text)
	}
	for _, b := range m.Blocks {
		for _, o := range append(append(b.Fields, b.Elements...), deref(b.Text)...) {
			if o.Type == "mrkdwn" && strings.Contains(o.Text, "channel") {
				t.Errorf("a tenant's words are mrkdwn: %s", o.Text)
			}
			if o.Type == "plain_text" && strings.ContainsAny(o.Text, "<>") {
				t.Errorf("plain text has angle brackets: %s", o.Text)
			}
		}
	}
	link := m.Blocks[len(m.Blocks)-1].Elements[0].Text
	if link != "<https://temporal.contoso.com/a?x=1&amp;y=&lt;b&gt;%7Cc|Open in the Temporal Web UI>" {
		t.Errorf("link %s", link)
	}
	var teams teamsMessage
	if err := json.Unmarshal(bodiesOf(t, config.WebhookTeams, n)[0], &teams); err != nil {
		t.Fatal(err)
	}
	for _, e := range teams.Attachments[0].Content.Body {
		for _, f := range e.Facts {
			if f.Title == "Integration" && f.Value != `a\_b\_c` {
				t.Errorf("fact %q", f.Value)
			}
		}
		if e.Type != "FactSet" && e.Type != "RichTextBlock" {
			t.Errorf("%s understands Markdown", e.Type)
		}
	}
}

func deref(o *slackObject) []slackObject {
	if o == nil {
		return nil
	}
	return []slackObject{*o}
}

// The golden files are what a person can look at: Teams' card in the Adaptive Cards
// designer, Slack's blocks in the Block Kit Builder.
func TestTheBodiesOfAFailedSession(t *testing.T) {
	for _, format := range []string{config.WebhookTeams, config.WebhookSlack, config.WebhookPagerDuty} {
		for i, body := range bodiesOf(t, format, failed()) {
			if i > 0 {
				break
			}
			checkGolden(t, filepath.Join("testdata", "webhook_"+format+".json"), indent(t, body))
		}
	}
}

func indent(t *testing.T, body []byte) string {
	t.Helper()
	text, err := json.MarshalIndent(json.RawMessage(body), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

var update = flag.Bool("update", false, "write testdata anew")

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; -update writes it anew. Got:\n%s", file, got)
	}
}

func TestPagerDutyIsToldWhatOpensAndWhatIsOver(t *testing.T) {
	session := func(kind contract.NoticeKind, word string) contract.Notice {
		return contract.Notice{Key: "contoso/" + word + "/run-1", Kind: kind, Integration: "contoso", Headline: "h", At: three}
	}
	const all, stalled, stuck = "defendersync/contoso/sessions", "defendersync/contoso/stalled/run-1", "defendersync/contoso/no-progress/run-1"
	for name, tt := range map[string]struct {
		notice   contract.Notice
		outdated []string
		want     []string
	}{
		"failed":      {session(contract.NoticeFailed, "failed"), nil, []string{"trigger " + all, "resolve " + stalled, "resolve " + stuck}},
		"missed":      {session(contract.NoticeMissed, "missed"), nil, []string{"trigger " + all}},
		"stalled":     {session(contract.NoticeStalled, "stalled"), nil, []string{"trigger " + stalled}},
		"no progress": {session(contract.NoticeStuck, "no-progress"), nil, []string{"trigger " + stuck}},
		"moving":      {session(contract.NoticeRecovered, "moving"), nil, []string{"resolve " + stuck}},
		"again":       {session(contract.NoticeRecovered, "again"), nil, []string{"resolve " + all}},
		"completed":   {session(contract.NoticeRecovered, "completed"), nil, []string{"resolve " + all, "resolve " + stalled, "resolve " + stuck}},
		"cancelled":   {session(contract.NoticeRecovered, "cancelled"), nil, []string{"resolve " + stalled, "resolve " + stuck}},
		"a test":      {session(contract.NoticeTest, "test"), nil, []string{"trigger defendersync/contoso/test/run-1", "resolve defendersync/contoso/test/run-1"}},
		"over":        {session(contract.NoticeMissed, "missed"), []string{"contoso/sessions"}, nil},
		"wrong again": {session(contract.NoticeRecovered, "completed"), []string{"contoso/sessions"}, []string{"resolve " + stalled, "resolve " + stuck}},
	} {
		var got []string
		for _, e := range newEvents(tt.notice, testRoutingKey, tt.outdated) {
			got = append(got, e.Action+" "+e.DedupKey)
			if e.RoutingKey != testRoutingKey || (e.Payload != nil) != (e.Action == eventTrigger) {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if strings.Join(got, ", ") != strings.Join(tt.want, ", ") {
			t.Errorf("%s: told %q, want %q", name, got, tt.want)
		}
	}
	if at := newEvents(failed(), testRoutingKey, nil)[0].Payload.Timestamp; at != three.Format(time.RFC3339) {
		t.Errorf("timestamp %s", at)
	}
}
