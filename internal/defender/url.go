package defender

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"defendersync/internal/httpx"
)

// peer names the other end in errors.
const peer = "Defender"

const hintURL = "set DEFENDER_API_URL to the API URL that the Defender portal shows under Settings > Cloud Apps > System > About, " +
	"such as https://contoso.us2.portal.cloudappsecurity.com"

// portalHosts are the portal's own addresses: worldwide, Gov US1 (GCC High and
// DoD), GCC [DOC D9]. A tenant's address is below one of them. By themselves
// they serve any tenant, but "considerably slower" [DOC D2].
func portalHosts() []string {
	return []string{"portal.cloudappsecurity.com", "portal.cloudappsecurity.us", "portal.cloudappsecuritygov.com"}
}

// ParseURL checks the address of a tenant's portal and cuts off what is often
// pasted with it: a trailing slash, /api, a page of the portal. The token is
// sent to this address, so a host that isn't the vendor's is refused unless
// allowHost names it (host, or host:port); that alone also allows plain http,
// and only on this machine. The warning is for the operator; "" when there is
// nothing to say. Errors are *httpx.Error of KindConfig.
func ParseURL(raw, allowHost string) (base *url.URL, warning string, err error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, "", urlError("it is not set")
	}
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		// The parser's words would repeat what may be a secret in the wrong place.
		return nil, "", urlError("it is not a URL")
	}
	if u.User != nil {
		return nil, "", urlError("it holds a user name; the token belongs into DEFENDER_API_KEY")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	allowed := namesHost(allowHost, host, u.Port())
	if err := checkScheme(u.Scheme, host, allowed); err != nil {
		return nil, "", err
	}
	base = &url.URL{Scheme: u.Scheme, Host: joinPort(host, u.Port())}
	if allowed {
		base.Path = apiRoot(u.Path)
		return base, "", nil
	}
	if !isPortal(host) {
		return nil, "", unknownHost(host)
	}
	if slices.Contains(portalHosts(), host) {
		warning = "DEFENDER_API_URL is the portal's generic address, which is considerably slower than the tenant's own: " +
			"the Defender portal shows that one under Settings > Cloud Apps > System > About"
	}
	return base, warning, nil
}

func urlError(message string) error {
	return &httpx.Error{Peer: peer, Op: "read DEFENDER_API_URL", Kind: httpx.KindConfig, Message: message, Hint: hintURL}
}

// namesHost reports whether the setting names this very host; with a port, the
// port must be the same.
func namesHost(allow, host, port string) bool {
	allow = strings.ToLower(strings.TrimSpace(allow))
	if allow == "" {
		return false
	}
	return allow == host || allow == net.JoinHostPort(host, port) || allow == joinPort(host, port)
}

func checkScheme(scheme, host string, allowed bool) error {
	switch {
	case scheme == "https":
		return nil
	case scheme != "http":
		return urlError("its scheme is neither https nor http")
	case !isLoopback(host):
		return urlError("plain http would show the token to anyone on the way")
	case !allowed:
		return urlError("plain http on this machine is allowed only to the host that DEFENDER_ALLOW_HOST names")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isPortal(host string) bool {
	return slices.ContainsFunc(portalHosts(), func(portal string) bool {
		return host == portal || strings.HasSuffix(host, "."+portal)
	})
}

func joinPort(host, port string) string {
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}

// apiRoot cuts the beginnings of API paths off the end of a path.
func apiRoot(path string) string {
	path = strings.TrimRight(path, "/")
	for _, tail := range []string{"/v1", "/api", "/cas"} {
		path = strings.TrimRight(strings.TrimSuffix(path, tail), "/")
	}
	return path
}

// unknownHost refuses a host, with what is known of the usual mistakes.
func unknownHost(host string) error {
	switch {
	case strings.HasSuffix(host, "-cloudappsecurity.com"):
		// The form that Oomnitza's help page shows [O1].
		return urlError("\"" + host + "\" has a dash where dots belong: the form is https://<tenant>.<region>.portal.cloudappsecurity.com")
	case strings.HasSuffix(host, ".cloudappsecurity.com"), strings.HasSuffix(host, ".cloudappsecurity.us"), strings.HasSuffix(host, ".cloudappsecuritygov.com"):
		return urlError("\"" + host + "\" lacks \"portal\": the form is https://<tenant>.<region>.portal.cloudappsecurity.com")
	case host == "security.microsoft.com":
		return urlError("\"" + host + "\" is the portal for people, which takes no API token")
	}
	return urlError("\"" + httpx.Clip(host) + "\" is not a host of Defender for Cloud Apps; if it is right, set DEFENDER_ALLOW_HOST=" + httpx.Clip(host))
}
