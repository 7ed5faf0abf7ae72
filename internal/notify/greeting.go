package notify

import (
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
)

// fullName is a host's name with a domain, in letters that every server takes.
var fullName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$`)

// chooseGreeting is how this machine names itself to a mail server, in EHLO: as the
// setting says, else by its full name. A machine that has none, as a container
// or a laptop, says its address, as RFC 5321, 4.1.4, wants it. A bare name
// ("vm") is what servers refuse: Postfix's reject_non_fqdn_helo_hostname,
// Exchange, Exim's verification of HELO. DNS is not asked: it may be slow, and
// what it knows of a container's address is seldom the container's name.
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

// addressLiteral is an address as RFC 5321, 4.1.3, has it.
func addressLiteral(address netip.Addr) string {
	if address.Is4() {
		return "[" + address.String() + "]"
	}
	return "[IPv6:" + address.String() + "]"
}

// readHostname is what the system calls this machine; "" when it doesn't say.
func readHostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
