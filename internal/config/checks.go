package config

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/mailaddr"
	"defendersync/internal/saas"
)

// The checks of single values, shared by the groups of settings.

func checkListenAddress(name, address string) error {
	var found problems
	if address != "" {
		_, port, err := net.SplitHostPort(address)
		if n, numErr := strconv.ParseUint(port, 10, 16); err != nil || numErr != nil || n > 65535 {
			found.addProblemf(name, address, "use host:port, such as 127.0.0.1:9090 or [::1]:9090")
		}
	}
	return errors.Join(found...)
}

func (ps *problems) checkRange(name string, value, least, most int) {
	if value < least || value > most {
		ps.addProblemf(name, strconv.Itoa(value), "use a number from %d to %d", least, most)
	}
}

func (ps *problems) checkDuration(name string, value, least, most time.Duration) {
	if value < least || value > most {
		ps.addProblemf(name, formatDuration(value), "use a duration from %s to %s", formatDuration(least), formatDuration(most))
	}
}

// formatDuration writes a duration as an operator would: 90d, 1h, 30s.
func formatDuration(d time.Duration) string {
	if d >= saas.Day && d%saas.Day == 0 {
		return strconv.Itoa(int(d/saas.Day)) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func (ps *problems) checkEmail(name, address string) {
	if parsed, err := mailaddr.ParseAddress(address); err != nil || parsed != address {
		ps.addProblemf(name, address, "not an email address alone, such as ops@contoso.com")
	}
}

// checkHost checks a server's name, which has neither a scheme nor a port. An IPv6
// address may have brackets, as in URLs, and a zone.
func (ps *problems) checkHost(name, host string) {
	if host == "" {
		return
	}
	if _, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")); err == nil {
		return
	}
	if _, err := mailaddr.HostToASCII(host); err != nil || strings.ContainsAny(host, ":/@[] \t") {
		ps.addProblemf(name, host, "give the host alone, such as mail.contoso.com or ::1; the port has a setting of its own")
	}
}

// greetingPattern allows a name or an address literal, as RFC 5321, section
// 4.1.1.1, defines the greeting.
var greetingPattern = regexp.MustCompile(`^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Za-z:.]+\])$`)

func (ps *problems) checkGreeting(name, text string) {
	if ascii, err := mailaddr.HostToASCII(text); text != "" && (err != nil || !greetingPattern.MatchString(ascii)) {
		ps.addProblemf(name, text, "give a full name such as sync.contoso.com, or an address such as [192.0.2.1]")
	}
}

func (ps *problems) checkToken(name string, token Secret) {
	if isQuoted(token.Reveal()) {
		ps.addProblemf(name, "", quotesHint)
		return
	}
	if strings.ContainsFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		ps.addProblemf(name, "", "a token is letters, digits and signs alone, without white space or anything that nobody sees: copy it again")
	}
}

// checkURL rejects what cannot be a tenant's address, and addresses with a
// password, which it does not show.
func (ps *problems) checkURL(name, raw string) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
	case err == nil && u.User != nil, err != nil && strings.Contains(raw, "@"):
		ps.addProblemf(name, "", "a user and password in the URL are not used: remove them")
	case err != nil || strings.ContainsAny(raw, " \t"):
		ps.addProblemf(name, raw, "not a URL")
	}
}

// checkLink checks the form of the address of a record's page.
func (ps *problems) checkLink(name, raw string) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	switch {
	case err == nil && u.User != nil, err != nil && strings.Contains(raw, "@"):
		ps.addProblemf(name, "", "a link has no user and password: remove them")
	case err != nil || u.Host == "" || requireOneOf(u.Scheme, "http", "https") != nil || strings.ContainsAny(raw, " \t\"<>"):
		ps.addProblemf(name, raw, "not the address of a web page: use https://…/{id}")
	case !strings.Contains(raw, "{id}"):
		ps.addProblemf(name, raw, "it has no {id}, which stands for the record's id")
	}
}

func (ps *problems) checkProxy(name, raw string) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || requireOneOf(u.Scheme, "http", "https", "socks5") != nil {
		ps.addProblemf(name, "", "not a proxy's URL: use http://host:port, https://host:port or socks5://host:port")
	}
}

func (ps *problems) checkFile(name, path string) {
	if path == "" {
		return
	}
	if info, err := os.Stat(path); err != nil {
		ps.addProblem(name, "", err)
	} else if !info.Mode().IsRegular() {
		ps.addProblemf(name, path, "not a file")
	}
}
