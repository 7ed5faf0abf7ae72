package config

import (
	"net/url"
	"strings"
)

// listSecrets returns all that this process must never show: the secret
// settings, the passwords in proxy URLs, and those parts of webhook URLs that
// grant whoever knows them the right to write.
func (s *source) listSecrets() (out []string) {
	for name, v := range s.known {
		value := s.environ[name]
		switch {
		case value == "":
		case strings.HasSuffix(name, "_PROXY_URL"):
			out = append(out, urlPassword(value))
		case !v.Secret:
		case name == otlpPrefix+"HEADERS":
			out = append(out, headerSecrets(value)...)
		case strings.HasSuffix(name, "_URL"):
			out = append(out, urlSecrets(value)...)
		default:
			out = append(out, value)
			// A list of keys, each with an optional id.
			for key := range strings.SplitSeq(value, ",") {
				if _, rest, found := strings.Cut(key, ":"); found {
					key = rest
				}
				out = append(out, key)
			}
		}
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		out = append(out, urlPassword(s.environ[name]))
	}
	return out
}

// urlPassword returns the password in a URL, which may lack its scheme.
func urlPassword(raw string) string {
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

// urlSecrets returns the parts of a URL that may serve as a password: long path
// segments and query values, and those with a digit. Neither the host nor plain
// words of an API's path count.
func urlSecrets(raw string) (out []string) {
	u, err := url.Parse(raw)
	if err != nil {
		return []string{raw}
	}
	parts := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	if u.User != nil {
		out = append(out, u.User.Username(), urlPassword(raw))
	}
	for _, part := range parts {
		if len(part) >= 16 || strings.ContainsAny(part, "0123456789") {
			out = append(out, part)
		}
	}
	return out
}
