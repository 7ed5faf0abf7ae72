// Package tenants builds the clients of Defender and Oomnitza from the settings, the
// same way for the worker and the command line. It sends no requests.
package tenants

import (
	"fmt"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
)

// budgetWindow is the window in which Defender counts requests [DOC D1].
const budgetWindow = time.Minute

// Tenants holds the clients of one integration.
type Tenants struct {
	Defender *defender.Client   // nil if OpenToRead found no settings for it
	Limiter  *ratelimit.Limiter // the Defender client's request budget
	Oomnitza *oomnitza.Client
	Warnings []string // settings that work but should be corrected
}

// Open builds both clients, which tell observe of each of their requests; nil: nobody.
// Errors name the setting.
func Open(s config.Settings, observe func(httpx.Exchange)) (Tenants, error) {
	t, err := openDefender(s.Defender, observe)
	if err != nil {
		return Tenants{}, err
	}
	t.Oomnitza, err = openOomnitza(s.Oomnitza, observe)
	return t, err
}

// OpenToRead builds the clients for a command that only reads. If neither Defender's
// URL nor its token is set, the Defender client is nil.
func OpenToRead(s config.Settings) (Tenants, error) {
	if s.Defender.URL != "" || s.Defender.APIKey.IsSet() {
		return Open(s, nil)
	}
	to, err := openOomnitza(s.Oomnitza, nil)
	return Tenants{Oomnitza: to}, err
}

// OpenOomnitza builds Oomnitza's client alone.
func OpenOomnitza(o config.Oomnitza) (*oomnitza.Client, error) { return openOomnitza(o, nil) }

// OpenDefender builds Defender's client alone: Oomnitza's is nil.
func OpenDefender(d config.Defender) (Tenants, error) { return openDefender(d, nil) }

func openDefender(d config.Defender, observe func(httpx.Exchange)) (Tenants, error) {
	_, warning, err := defender.ParseURL(d.URL, d.AllowHost)
	if err != nil {
		return Tenants{}, err
	}
	client, err := httpx.NewHTTPClient(httpx.TransportOptions{Timeout: d.Timeout, CAFile: d.CAFile, ProxyURL: d.ProxyURL, MaxConnsPerHost: d.Concurrency})
	if err != nil {
		return Tenants{}, fmt.Errorf("DEFENDER_CA_FILE, DEFENDER_PROXY_URL: %w", err)
	}
	limiter := ratelimit.NewLimiter(d.RequestsPerMinute, budgetWindow)
	from, err := defender.New(defender.Options{URL: d.URL, AllowHost: d.AllowHost, Token: d.APIKey.Reveal(), Limiter: limiter, HTTP: client, Observe: observe})
	if err != nil {
		return Tenants{}, err
	}
	t := Tenants{Defender: from, Limiter: limiter}
	if warning != "" {
		t.Warnings = append(t.Warnings, warning)
	}
	return t, nil
}

func openOomnitza(o config.Oomnitza, observe func(httpx.Exchange)) (*oomnitza.Client, error) {
	client, err := httpx.NewHTTPClient(httpx.TransportOptions{Timeout: o.Timeout, CAFile: o.CAFile, ProxyURL: o.ProxyURL, MaxConnsPerHost: o.Concurrency})
	if err != nil {
		return nil, fmt.Errorf("OOMNITZA_CA_FILE, OOMNITZA_PROXY_URL: %w", err)
	}
	return oomnitza.New(oomnitza.Options{URL: o.URL, Token: o.APIToken.Reveal(), HTTP: client, Concurrency: o.Concurrency, Observe: observe})
}

// OnPause registers a function that is called whenever a tenant asks for a pause or
// extends one.
func (t Tenants) OnPause(tell func(contract.Waiting)) {
	if t.Defender != nil {
		t.Defender.OnPause(tell)
	}
	t.Oomnitza.OnPause(tell)
}
