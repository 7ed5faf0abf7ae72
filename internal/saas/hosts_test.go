package saas

import (
	"slices"
	"strings"
	"testing"
)

// padEntry makes a URL of so many bytes.
func padEntry(size int) string {
	const start = "https://example.com/"
	return start + strings.Repeat("x", size-len(start))
}

func TestHostsAreListedOnceAndInOrder(t *testing.T) {
	entries := []string{"www.dropbox.com", "eu.app.dropbox.co.uk", "https://WWW.dropbox.com/x", "контур.рф", "word", "10.0.0.1:80"}
	want := []string{"10.0.0.1", "eu.app.dropbox.co.uk", "www.dropbox.com", "xn--j1agcjjg.xn--p1ai"}
	if got := ListHosts(entries); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnEntryThatIsTooLongHoldsNoHost(t *testing.T) {
	for size, want := range map[int]bool{maxDomain - 1: true, maxDomain: true, maxDomain + 1: false} {
		if host, ok := ParseHost(padEntry(size)); ok != want || (host == "example.com") != want {
			t.Errorf("%d bytes: %q, %v", size, host, ok)
		}
		if hosts := ListHosts([]string{padEntry(size)}); (len(hosts) == 1) != want {
			t.Errorf("%d bytes are listed as %q", size, hosts)
		}
	}
	if host, ok := ParseHost("no host"); ok {
		t.Errorf("got %q", host)
	}
}

func TestAHostHasBounds(t *testing.T) {
	label := strings.Repeat("a", 63)
	whole := strings.Join([]string{label, label, label, strings.Repeat("b", 57), "com"}, ".") // 253 bytes
	for host, want := range map[string]bool{
		"": false, label + ".com": true, label + "a.com": false, whole: true, "c" + whole[1:]: true, whole[:192] + "b" + whole[192:]: false,
		"a-b.com": true, "-a.com": false, "a-.com": false, "a..com": false, "a_b.com": true, "a!b.com": false, "a.1": false, "a.1b": true,
	} {
		if isHost(host) != want {
			t.Errorf("%q of %d bytes: %v", host, len(host), !want)
		}
		if got, ok := hostOf(host); ok != want || ok && got != host {
			t.Errorf("%q is read as %q, %v", host, got, ok)
		}
	}
}

func TestAHostIsBroughtDownToItsSite(t *testing.T) {
	for host, want := range map[string]string{"eu.app.dropbox.co.uk": "dropbox.co.uk", "dropbox.com": "dropbox.com", "intranet": "intranet", "10.0.0.1": "10.0.0.1"} {
		if got := SiteOf(host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

func TestAHostIsShownAsPeopleWriteIt(t *testing.T) {
	for host, want := range map[string]string{"xn--j1agcjjg.xn--p1ai": "контур.рф", "dropbox.com": "dropbox.com", "xn--bcher-kva.example": "bücher.example", "xn--0.example": "xn--0.example"} {
		if got := ReadableHost(host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}
