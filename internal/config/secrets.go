package config

import (
	"net/url"
	"strings"
)

// secrets are all that this process must never show: every setting that is one,
// the passwords in proxies' URLs, and the parts of URLs that let whoever knows
// them write somewhere.
func (s *source) secrets() (out []string) {
	for name, v := range s.known {
		value := s.environ[name]
		switch {
		case value == "":
		case strings.HasSuffix(name, "_PROXY_URL"):
			out = append(out, passwordOf(value))
		case !v.Secret:
		case strings.HasSuffix(name, "_URL"):
			out = append(out, partsOf(value)...)
		default:
			out = append(out, value)
			// Several keys, each perhaps with its id.
			for key := range strings.SplitSeq(value, ",") {
				if _, rest, found := strings.Cut(key, ":"); found {
					key = rest
				}
				out = append(out, key)
			}
		}
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		out = append(out, passwordOf(s.environ[name]))
	}
	return out
}

// passwordOf is the password in a URL, which may lack its scheme.
func passwordOf(raw string) string {
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.User == nil {
		return ""
	}
	password, _ := u.User.Password()
	return password
}

// partsOf are the parts of a URL that are as good as a password: long ones, and
// those with a digit. The host is none, nor are words of an API's address.
func partsOf(raw string) (out []string) {
	u, err := url.Parse(raw)
	if err != nil {
		return []string{raw}
	}
	parts := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	if u.User != nil {
		out = append(out, u.User.Username(), passwordOf(raw))
	}
	for _, part := range parts {
		if len(part) >= 16 || strings.ContainsAny(part, "0123456789") {
			out = append(out, part)
		}
	}
	return out
}
