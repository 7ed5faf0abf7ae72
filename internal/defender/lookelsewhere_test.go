package defender

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/httpx"
	"defendersync/internal/listing"
)

// answers are what portals say of an address that they don't serve.
var answers = map[string]func() (int, string){
	"404":                      func() (int, string) { return 404, `{"detail":"Not found"}` },
	"404 as a web page":        func() (int, string) { return 404, `<html><title>Not here</title></html>` },
	"405":                      func() (int, string) { return 405, `{"detail":"Method \"POST\" not allowed."}` },
	"410":                      func() (int, string) { return 410, `` },
	"501":                      func() (int, string) { return 501, `not implemented` },
	"400 for an unknown route": func() (int, string) { return 400, `{"detail":"unknown route"}` },
	"403":                      func() (int, string) { return 403, `{"detail":"Insufficient role based permissions"}` },
	"a redirect":               func() (int, string) { return 302, `` },
	"the portal's own page":    func() (int, string) { return 200, `<!DOCTYPE html><title>Microsoft Defender</title>` },
	"an error within a 200":    func() (int, string) { return 200, `{"error":"unknown route"}` },
	"an empty object":          func() (int, string) { return 200, `{}` },
	"409":                      func() (int, string) { return 409, `{}` },
	"415":                      func() (int, string) { return 415, `{"detail":"unsupported media type"}` },
}

func TestWhateverAnEndpointSaysThatIsNotServedTheNextOneIsTried(t *testing.T) {
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			serving := func(path, body string) func(request) (int, string) {
				return func(q request) (int, string) {
					if q.path == path {
						return 200, body
					}
					return answer()
				}
			}
			for _, path := range []string{casAppUsers, apiUsers, apiAppUsers} {
				page, err := newTenant(t, serving(path, list(userRows(0, 2), ""))).client().ReadUsers(t.Context(), usersQuery())
				if err != nil || len(page.Users) != 2 || usersPath(page.Dialect) != path {
					t.Errorf("users at %s: %+v, %v", path, page, err)
				}
			}
			apps, err := newTenant(t, serving(apiApps, list(appRows(0, 2), ""))).client().ReadApps(t.Context(), listing.AppQuery{Stream: "s", Timeframe: 90})
			if err != nil || len(apps.Apps) != 2 || apps.Dialect.Prefix != "/api/v1" {
				t.Errorf("apps: %+v, %v", apps, err)
			}
			streams, err := newTenant(t, serving(streamPaths[1], `{"streams":[{"_id":"1","displayName":"a"}]}`)).client().Streams(t.Context())
			if err != nil || len(streams.Streams) != 1 {
				t.Errorf("streams: %+v, %v", streams, err)
			}
		})
	}
}

func TestAnOutageAtTheFirstEndpointDoesNotLeadOn(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		tn := newTenant(t, func(q request) (int, string) {
			if q.path == casUsers {
				return status, ""
			}
			return 200, list(userRows(0, 1), "")
		})
		_, err := tn.client().ReadUsers(t.Context(), usersQuery())
		wantError(t, err, httpx.KindServer)
		if n := len(tn.paths()); n != 1 {
			t.Errorf("%d: asked %v", status, tn.paths())
		}
	}
}

func TestUsersMayBeServedUnderAnotherPrefixThanApps(t *testing.T) {
	tn := newTenant(t, byPath(map[string]string{casApps: list(appRows(0, 1), ""), apiAppUsers: list(userRows(0, 1), "")}))
	c := tn.client()
	apps, err := c.ReadApps(t.Context(), listing.AppQuery{Stream: "s", Timeframe: 90})
	if err != nil {
		t.Fatal(err)
	}
	q := usersQuery()
	q.Known = apps.Dialect
	users, err := c.ReadUsers(t.Context(), q)
	if err != nil || users.Dialect.Prefix != "/cas/api/v1" || users.Dialect.UsersPrefix != "/api/v1" {
		t.Fatalf("%+v, %v", users.Dialect, err)
	}
	// Another worker is told by the dialect.
	before := len(tn.paths())
	other := tn.client()
	q.Known = users.Dialect
	if _, err := other.ReadUsers(t.Context(), q); err != nil {
		t.Error(err)
	}
	if _, err := other.ReadApps(t.Context(), listing.AppQuery{Stream: "s", Timeframe: 90, Known: users.Dialect}); err != nil {
		t.Error(err)
	}
	if n := len(tn.paths()) - before; n != 2 {
		t.Errorf("%d requests for two pages: %v", n, tn.paths()[before:])
	}
}

func TestAnEndpointThatStopsWorkingIsLookedForElsewhereOnce(t *testing.T) {
	for name, answer := range answers {
		if name == "an empty object" || name == "an error within a 200" || name == "the portal's own page" || strings.HasPrefix(name, "400") || strings.HasPrefix(name, "409") || strings.HasPrefix(name, "415") {
			continue // may as well be about the row, or a passing fault
		}
		t.Run(name, func(t *testing.T) {
			gone := false
			tn := newTenant(t, func(q request) (int, string) {
				switch {
				case strings.HasPrefix(q.path, "/cas/") && gone:
					return answer()
				case strings.HasSuffix(q.path, "/discovered_apps/"):
					return 200, list(appRows(0, 1), "")
				}
				return 200, list(userRows(0, 1), "")
			})
			c := tn.client()
			q := usersQuery()
			q.Known = settled()
			apps := listing.AppQuery{Stream: "s", Timeframe: 90, Known: settled()}
			if _, err := c.ReadUsers(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			tn.mu.Lock()
			gone = true
			tn.mu.Unlock()
			for range 3 {
				page, err := c.ReadUsers(t.Context(), q)
				if err != nil || usersPath(page.Dialect) != apiUsers {
					t.Fatalf("%+v, %v", page.Dialect, err)
				}
			}
			if page, err := c.ReadApps(t.Context(), apps); err != nil || page.Dialect.Prefix != "/api/v1" {
				t.Errorf("%+v, %v", page.Dialect, err)
			}
			if n := len(slices.DeleteFunc(tn.paths(), func(p string) bool { return p != "POST "+casUsers })); n > 5 {
				t.Errorf("the endpoint that is gone was asked %d times", n)
			}
		})
	}
}

func TestASingleDenialIsLookedAtAgain(t *testing.T) {
	for _, status := range []int{401, 403} {
		for name, ask := range map[string]func(*Client) error{
			"streams": func(c *Client) error { _, err := c.Streams(t.Context()); return err },
			"apps": func(c *Client) error {
				_, err := c.ReadApps(t.Context(), listing.AppQuery{Known: settled()})
				return err
			},
			"users": func(c *Client) error {
				q := usersQuery()
				q.Known = settled()
				_, err := c.ReadUsers(t.Context(), q)
				return err
			},
		} {
			denied := 0
			tn := newTenant(t, func(q request) (int, string) {
				if denied++; denied == 1 || status == 403 && denied == 2 && name == "streams" {
					return status, ""
				}
				if q.method == http.MethodGet {
					return 200, `{"streams":[]}`
				}
				return 200, list(appRows(0, 1)+","+userRows(0, 1), "")
			})
			if err := ask(tn.client()); err != nil {
				t.Errorf("%s after a single %d: %v", name, status, err)
			}
			always := newTenant(t, always(status, ""))
			wantError(t, ask(always.client()), httpx.KindUnauthorized, "DEFENDER_API_KEY")
			if n := len(always.paths()); n > 8 {
				t.Errorf("%s: a token that is gone was tried %d times", name, n)
			}
		}
	}
}

func TestAPageHoldsWhatWasAskedForAndAMargin(t *testing.T) {
	for rows, good := range map[int]bool{maxPageRows: true, maxPageRows + 1: false, 60_000: false} {
		_, err := openEnvelope("read", &httpx.Answer{Status: 200, Body: []byte(list(strings.TrimSuffix(strings.Repeat("0,", rows), ","), ""))}, 0)
		if good != (err == nil) {
			t.Errorf("%d rows: %v", rows, err)
		}
		if !good {
			wantError(t, err, httpx.KindBadAnswer, "where 100 were asked for")
		}
	}
}
