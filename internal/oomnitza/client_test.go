package oomnitza

import (
	"strings"
	"testing"

	"defendersync/internal/httpx"
)

func TestParseURL(t *testing.T) {
	tests := []struct {
		name, raw, want string // want "": refused
	}{
		{"a tenant's address", "https://example.oomnitza.com", "https://example.oomnitza.com"},
		{"a trailing slash is dropped", "https://example.oomnitza.com/", "https://example.oomnitza.com"},
		{"space around it is dropped", " https://example.oomnitza.com\n", "https://example.oomnitza.com"},
		{"an API path is dropped", "https://example.oomnitza.com/api/v3/saas", "https://example.oomnitza.com"},
		{"the root of the API is dropped", "https://example.oomnitza.com/api", "https://example.oomnitza.com"},
		{"a path of a gateway is kept", "https://gateway.example.com/oomnitza/", "https://gateway.example.com/oomnitza"},
		{"a path of a gateway is kept before the API", "https://gateway.example.com/oomnitza/api/v3", "https://gateway.example.com/oomnitza"},
		{"a port is kept", "https://example.oomnitza.com:8443", "https://example.oomnitza.com:8443"},
		{"this machine may be plain", "http://localhost:8080", "http://localhost:8080"},
		{"this machine by number may be plain", "http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"this machine by its other number may be plain", "http://[::1]:8080", "http://[::1]:8080"},
		{"nothing", "", ""},
		{"no scheme", "example.oomnitza.com", ""},
		{"another scheme", "ftp://example.oomnitza.com", ""},
		{"no host", "https://", ""},
		{"plain to another machine", "http://example.oomnitza.com", ""},
		{"a password", "https://user:hunter22@example.oomnitza.com", ""},
		{"a query", "https://example.oomnitza.com?api_key=hunter22", ""},
		{"a fragment", "https://example.oomnitza.com#hunter22", ""},
		{"not a URL", "https://exa mple\x7f/hunter22", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := ParseURL(tt.raw)
			if tt.want != "" {
				if err != nil || u.String() != tt.want {
					t.Errorf("got %v, %v, want %s", u, err, tt.want)
				}
				return
			}
			wantKind(t, err, httpx.KindConfig)
			wantText(t, err, "OOMNITZA_URL", "https://example.oomnitza.com")
			if err != nil && strings.Contains(err.Error(), "hunter22") {
				t.Errorf("the error repeats the URL: %v", err)
			}
		})
	}
}

func TestNewRefusesSettingsThatCannotWork(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		says string
	}{
		{"no URL", Options{Token: "t"}, "OOMNITZA_URL"},
		{"no token", Options{URL: "https://example.oomnitza.com"}, "OOMNITZA_API_TOKEN"},
		{"a token of two lines", Options{URL: "https://example.oomnitza.com", Token: "hunter22\nhunter22"}, "OOMNITZA_API_TOKEN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.o)
			wantKind(t, err, httpx.KindConfig)
			wantText(t, err, tt.says)
			if err != nil && strings.Contains(err.Error(), "hunter22") {
				t.Errorf("the error repeats the token: %v", err)
			}
		})
	}
}

func TestNewFillsInDefaults(t *testing.T) {
	c, err := New(Options{URL: "https://example.oomnitza.com", Token: " t \n"})
	if err != nil {
		t.Fatal(err)
	}
	if c.http == nil || c.gate.CurrentLimit() != defaultConcurrency || c.token != "t" {
		t.Errorf("got a bound of %d, token %q", c.gate.CurrentLimit(), c.token)
	}
	if s := c.Stats(); s != (Stats{}) {
		t.Errorf("a new client has done %+v", s)
	}
}
