package notify

import (
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
)

// fullName matches a host name with a domain, in characters that every server
// accepts.
var fullName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$`)

// chooseGreeting returns the name of this machine for EHLO: the setting, else the
// machine's full name. A machine without one, such as a container or a laptop,
// gives its address, as RFC 5321, 4.1.4, requires. Many servers refuse a bare name
// ("vm"): Postfix with reject_non_fqdn_helo_hostname, Exchange, Exim with HELO
// verification. DNS is not asked: it may be slow, and it seldom knows a
// container's name by the container's address.
func chooseGreeting(setting, hostname string, local net.Addr) string {
	hostname = strings.TrimSuffix(hostname, ".")
	switch {
	case setting != "":
		return setting
	case fullName.MatchString(hostname) && !strings.HasPrefix(strings.ToLower(hostname), "localhost."):
		return hostname
	}
	if tcp, ok := local.(*net.TCPAddr); ok {
		if address, ok := netip.AddrFromSlice(tcp.IP); ok {
			return addressLiteral(address.Unmap().WithZone(""))
		}
	}
	return "[127.0.0.1]"
}

// addressLiteral formats an IP address as RFC 5321, 4.1.3, requires.
func addressLiteral(address netip.Addr) string {
	if address.Is4() {
		return "[" + address.String() + "]"
	}
	return "[IPv6:" + address.String() + "]"
}

// readHostname returns the system's name of this machine; "" when it has none.
func readHostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
