package defender

import (
	"strings"
	"testing"

	"defendersync/internal/httpx"
)

func TestParseURLTakesTheFormsOfAPortal(t *testing.T) {
	for name, tc := range map[string]struct{ raw, allow, want string }{
		"a tenant":                    {"https://contoso.us2.portal.cloudappsecurity.com", "", "https://contoso.us2.portal.cloudappsecurity.com"},
		"without a scheme":            {"contoso.eu.portal.cloudappsecurity.com", "", "https://contoso.eu.portal.cloudappsecurity.com"},
		"with what is around it":      {"  https://Contoso.US2.portal.cloudappsecurity.com/ ", "", "https://contoso.us2.portal.cloudappsecurity.com"},
		"with /api":                   {"https://contoso.us2.portal.cloudappsecurity.com/api", "", "https://contoso.us2.portal.cloudappsecurity.com"},
		"with /cas/api/v1/":           {"https://contoso.us2.portal.cloudappsecurity.com/cas/api/v1/", "", "https://contoso.us2.portal.cloudappsecurity.com"},
		"with a page of the portal":   {"https://contoso.us2.portal.cloudappsecurity.com/#/dashboard?x=1", "", "https://contoso.us2.portal.cloudappsecurity.com"},
		"with a dot at the end":       {"https://contoso.us.portal.cloudappsecurity.com./", "", "https://contoso.us.portal.cloudappsecurity.com"},
		"GCC High":                    {"https://contoso.us1.portal.cloudappsecurity.us", "", "https://contoso.us1.portal.cloudappsecurity.us"},
		"GCC":                         {"https://contoso.us1.portal.cloudappsecuritygov.com", "", "https://contoso.us1.portal.cloudappsecuritygov.com"},
		"without a region":            {"https://contoso.portal.cloudappsecurity.com", "", "https://contoso.portal.cloudappsecurity.com"},
		"a host that is allowed":      {"https://relay.contoso.com/mdca/api/v1/", "relay.contoso.com", "https://relay.contoso.com/mdca"},
		"with the port it names":      {"https://relay.contoso.com:8443", "RELAY.contoso.com:8443", "https://relay.contoso.com:8443"},
		"loopback in plain":           {"http://127.0.0.1:8080/", "127.0.0.1", "http://127.0.0.1:8080"},
		"loopback with its port":      {"http://localhost:8080", "localhost:8080", "http://localhost:8080"},
		"loopback of the new version": {"http://[::1]:8080", "[::1]:8080", "http://[::1]:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			got, warning, err := ParseURL(tc.raw, tc.allow)
			if err != nil || got.String() != tc.want || warning != "" {
				t.Errorf("got %v, %q, %v; want %s", got, warning, err, tc.want)
			}
		})
	}
}

func TestTheGenericPortalWorksWithAWarning(t *testing.T) {
	for _, host := range portalHosts() {
		got, warning, err := ParseURL("https://"+host, "")
		if err != nil || got.Host != host || !strings.Contains(warning, "slower") {
			t.Errorf("%s: %v, %q, %v", host, got, warning, err)
		}
	}
}

func TestParseURLRefusesWhatIsNoPortalAndSaysWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct{ raw, allow, says string }{
		"nothing":                      {" ", "", "not set"},
		"the dash form":                {"https://tenant2eu1-cloudappsecurity.com", "", "<tenant>.<region>.portal.cloudappsecurity.com"},
		"without portal":               {"https://tenant2.us2.cloudappsecurity.com", "", `lacks "portal"`},
		"the portal for people":        {"https://security.microsoft.com/cloudapps", "", "takes no API token"},
		"another host":                 {"https://evil.example", "", "DEFENDER_ALLOW_HOST=evil.example"},
		"a host that only ends alike":  {"https://evilportal.cloudappsecurity.com.evil.example", "", "not a host of Defender"},
		"a look-alike":                 {"https://xportal.cloudappsecurity.com", "", `lacks "portal"`},
		"another than the allowed":     {"https://a.example", "b.example", "not a host"},
		"another port":                 {"https://a.example:1", "a.example:2", "not a host"},
		"plain http":                   {"http://tenant2.us.portal.cloudappsecurity.com", "", "plain http"},
		"plain http, though allowed":   {"http://relay.example", "relay.example", "plain http"},
		"loopback that nobody allowed": {"http://127.0.0.1:8080", "", "DEFENDER_ALLOW_HOST"},
		"https on loopback":            {"https://127.0.0.1", "", "DEFENDER_ALLOW_HOST"},
		"another scheme":               {"ftp://tenant2.us.portal.cloudappsecurity.com", "", "neither https nor http"},
		"a user name":                  {"https://token@tenant2.us.portal.cloudappsecurity.com", "", "DEFENDER_API_KEY"},
		"not a URL":                    {"https://[", "", "not a URL"},
		"a scheme alone":               {"https://", "", "not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ParseURL(tc.raw, tc.allow)
			e := wantError(t, err, httpx.KindConfig, tc.says, "DEFENDER_API_URL")
			if e.Hint == "" {
				t.Error("no hint")
			}
		})
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("https://contoso.us2.portal.cloudappsecurity.com/api", "")
	f.Add("http://127.0.0.1:80", "127.0.0.1")
	f.Add("https://a@b:c/%zz", "b")
	f.Fuzz(func(t *testing.T, raw, allow string) {
		u, _, err := ParseURL(raw, allow)
		if err != nil {
			if httpx.KindOf(err) != httpx.KindConfig {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q gives %v", raw, u)
		}
		if allow == "" && (u.Scheme != "https" || !isPortal(u.Hostname())) {
			t.Errorf("%q sends the token to %v", raw, u)
		}
	})
}
