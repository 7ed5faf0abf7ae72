package saas

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWebsiteIsTheRegistrableDomainThatFitsTheNameBest(t *testing.T) {
	for _, tt := range []struct {
		name    string
		domains []string
		want    string
	}{
		// What recorded rows of a real tenant have first is not the main one.
		{"CloudFlare", []string{"net100tb.com", "cloudflare.net", "www.cloudflare.com", "dash.cloudflare.com"}, "cloudflare.com"},
		{"Docker", []string{"dotcloud.com", "docker.io", "docker.com"}, "docker.com"},
		{"GitHub", []string{"github.dev", "githubassets.com", "github.com", "api.github.com", "github.io"}, "github.com"},
		{"Azure Blob Storage", []string{"blob.core.chinacloudapi.cn", "blob.core.windows.net", "acct.blob.core.windows.net"}, "windows.net"},
		{"Amazon CloudFront", []string{"aws.amazon.com/cloudfront", "cloudfront.net"}, "cloudfront.net"},
		{"Amazon", []string{"amazon.com", "amazon.co.uk", "fls-eu.amazon.co.uk", "amazon.de"}, "amazon.com"},
		{"Grafana Labs", []string{"grafana.com", "grafana.net", "inditex.grafana.net", "grafana-assets.grafana.net"}, "grafana.com"},
		{"Microsoft Azure", []string{"portal.azure.net", "azure.com", "azure.us", "stamp2.login.microsoftonline-p.com"}, "azure.com"},
		{"Microsoft Windows Update", []string{"download.windowsupdate.com", "windows.com", "a.microsoft.com", "b.microsoft.com"}, "windowsupdate.com"},
		{"Amazon CloudFront", []string{"aws.amazon.com/cloudfront", "d23iz4esrwkib6.cloudfront.net", "udmserve.net"}, "amazon.com"},
		// The name.
		{"Booking.com", []string{"bstatic.com", "booking.com"}, "booking.com"},
		{"Nestlé", []string{"purina.com", "nestle.com"}, "nestle.com"},
		{"Tata Consultancy Services", []string{"tata.example", "tcs.com", "ultimatix.net"}, "tcs.com"},
		{"Bayerische Motoren Werke", []string{"press-one.com", "bmw.com"}, "bmw.com"},
		{"Acornbase Cloud", []string{"acorncdn.net", "acornbase-cloud.com"}, "acornbase-cloud.com"},
		{"Google Drive", []string{"docs.gstatic.com", "drive.google.com"}, "google.com"},
		{"Cloud Academy", []string{"cloudfront.net", "qa.com", "www.qa.com"}, "qa.com"},
		{"Контур", []string{"kontur-cdn.com", "контур.рф"}, "xn--j1agcjjg.xn--p1ai"},
		{"Box", []string{"dropbox.com", "box.com"}, "box.com"},
		{"", []string{"a.com", "b.com"}, "a.com"},
		// Where nothing fits: what most entries belong to, else all the world's before a country's, else the first.
		{"Zed", []string{"one.com", "a.two.com", "b.two.com"}, "two.com"},
		{"Zed", []string{"one.cn", "two.net"}, "two.net"},
		{"Zed", []string{"one.com", "two.com"}, "one.com"},
		// What an entry may look like.
		{"A", []string{"https://User@WWW.Example.COM:8443/Path?q=a.cn#x"}, "example.com"},
		{"A", []string{"*.example.co.uk", ".example.co.uk."}, "example.co.uk"},
		{"A", []string{"*example.com:*"}, "example.com"},
		{"A", []string{"//cdn.example.com/x"}, "example.com"},
		{"A", []string{"a.example.com, b.example.com;c.other.com"}, "example.com"},
		{"A", []string{"\ufeffexample\u200b.com"}, "example.com"},
		{"A", []string{"Bücher.Example"}, "xn--bcher-kva.example"},
		{"A", []string{"ｅｘａｍｐｌｅ。ｃｏｍ"}, "example.com"},
		{"A", []string{"10.1.2.3", "[2001:db8::1]:443", "example.com"}, "example.com"},
		{"A", []string{"10.1.2.3:8080/x"}, "10.1.2.3"},
		{"A", []string{"2001:DB8::1"}, "2001:db8::1"},
		{"A", []string{"https://intranet/x"}, "intranet"},
		{"A", []string{"someone.github.io"}, "someone.github.io"},
		{"A", []string{"github.io"}, "github.io"},
		{"A", []string{"alice.github.io", "www.github.io"}, "github.io"},
		{"A", []string{"b.com.de", "b.com.de", "c.uk"}, "b.com.de"},
		{"A", []string{"_dmarc.example.com"}, "example.com"},
		{"A", []string{"https://example.com/login?to=https://other.ru/"}, "example.com"},
		{"A", []string{"example.com/login?to=https://other.ru/"}, "example.com"},
		{"A", []string{"example.com/?to=other.ru&x", "example.com&x=y"}, "example.com"},
		{"A", []string{"http:example.com", "https:/example.com", `http:\\example.com\x`}, "example.com"},
		{"A", []string{"hxxps://example[.]com", "%2A.example.com", "(example.com)", `"example.com"`}, "example.com"},
		{"A", []string{"cdn-*.example.com"}, "example.com"},
		{"A", []string{"r3---sn-a5.googlevideo.com"}, "googlevideo.com"},
		{"A", []string{"ab--cd.example.com"}, "example.com"},
		// What isn't a host at all.
		{"A", []string{"com", "co.uk", "*", "-", "n/a", "unknown", "1.2", "a..b.com", "exa mple", "not:a:host", strings.Repeat("a", 300) + ".com", "", "example.*"}, ""},
	} {
		got := append(RankWebsites(tt.name, tt.domains), "")[0]
		if got != tt.want {
			t.Errorf("%q with %q: %q, want %q", tt.name, tt.domains, got, tt.want)
		}
	}
}

func TestAWebsiteThatWasWrittenStaysAsLongAsItIsAmongTheDomains(t *testing.T) {
	app := App{ID: "7", Name: "Docker"}
	app.SetDomains([]string{"dotcloud.com", "docker.io", "docker.com"})
	for have, want := range map[string]string{
		"":                             "docker.com",
		"docker.com":                   "docker.com",
		"docker.io":                    "docker.io",
		"dotcloud.com":                 "dotcloud.com",
		"moby.example":                 "docker.com",
		"https://docker.io/":           "https://docker.io/",
		"https://docker.io/x":          "docker.com",
		"www.docker.io":                "docker.com",
		"see the wiki":                 "docker.com",
		"xn--80ak6aa92e.com":           "docker.com",
		"aws.amazon.com/cloudfront/cf": "docker.com",
	} {
		if got := KeepWebsite(have, app); got != want {
			t.Errorf("%q becomes %q, want %q", have, got, want)
		}
	}
	if got := KeepWebsite("docker.com", App{ID: "7", Name: "Docker"}); got != "docker.com" {
		t.Errorf("a row without domains makes it %q", got)
	}
}

func TestAnAppCarriesFewOfItsDomains(t *testing.T) {
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprintf("c%d.%s.example%d.net", i, strings.Repeat("x", 50), i))
	}
	many[100] = "github.com"
	app := App{Name: "GitHub"}
	app.SetDomains(many)
	if app.Website != "github.com" || len(strings.Fields(app.Domains)) != keptDomains-1 || len(app.Domains) > keptBytes {
		t.Errorf("%+v", app)
	}
}

func FuzzWebsites(f *testing.F) {
	for _, s := range []string{"docker.com dotcloud.com", "https://a@[::1]:7/x", "*.blob.core.windows.net", "xn--\u200b.рф", "..", "a.b.c.d.e.f.g.kobe.jp", "com.de"} {
		f.Add("Docker", s)
	}
	f.Fuzz(func(t *testing.T, name, domains string) {
		got := RankWebsites(name, []string{domains, domains})
		for _, domain := range got {
			again, ok := hostOf(domain)
			if !ok || again != domain || len(domain) > maxHost {
				t.Errorf("%q gives %q, which is %q (%v)", domains, domain, again, ok)
			}
			if same, ok := registrableDomain(domain); strings.Contains(domain, ".") && (!ok || same != domain) {
				t.Errorf("%q gives %q, below %q", domains, domain, same)
			}
		}
		if sorted := slices.Sorted(slices.Values(got)); len(slices.Compact(sorted)) != len(got) {
			t.Errorf("%q gives %q", domains, got)
		}
	})
}

func TestFurtherDomainsAreKeptToTheLastByte(t *testing.T) {
	for more, want := range map[int]int{0: 9, 1: 8} {
		entries := []string{"a.com"}
		for i := range 12 {
			size := 61 // with .com 65 bytes: nine of these and eight blanks are 593
			if i < 7 {
				size++ // and seven more make 600
			}
			if i == 8 {
				size += more
			}
			entries = append(entries, strings.Repeat(string(rune('b'+i)), size)+".com")
		}
		app := App{}
		app.SetDomains(entries)
		if got := len(strings.Fields(app.Domains)); app.Website != "a.com" || got != want || want == 9 && len(app.Domains) != keptBytes {
			t.Errorf("%d more: %s and %d further ones of %d bytes", more, app.Website, got, len(app.Domains))
		}
	}
	app := App{Website: "kept.example"}
	if app.SetDomains([]string{"-"}); app.Website != "kept.example" {
		t.Errorf("nothing makes it %q", app.Website)
	}
}

func TestAnAddressOrABareWordIsAWebsiteForWantOfBetter(t *testing.T) {
	if got := RankWebsites("Zed", []string{"10.1.2.3", "https://intranet/", "one.cn", "two.com"}); !slices.Equal(got, []string{"two.com", "one.cn", "intranet", "10.1.2.3"}) {
		t.Errorf("got %q", got)
	}
	for host, want := range map[string]int{"a.com": 0, "a.net": 1, "a.io": 1, "a.ai": 1, "a.co": 1, "a.de": 2, "a.xn--p1ai": 2, "intranet": 1} {
		if got := rankOf(host); got != want {
			t.Errorf("%s: %d, want %d", host, got, want)
		}
	}
}
