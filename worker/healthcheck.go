package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"defendersync/internal/config"
)

const (
	// healthTimeout bounds the whole check. Whatever asks for it, such as Docker's
	// HEALTHCHECK, should have more patience, to hear the reason.
	healthTimeout = 3 * time.Second
	// maxReason bounds what is read of the endpoint's answer, in bytes.
	maxReason = 1 << 10
)

// runHealthcheck asks the health endpoint of a worker on this machine, by the same
// HEALTH_ADDRESS that the worker serves it on, whether the worker is ready. The
// error is the reason why not. It is never one of usage for wrong settings: Docker
// takes 1 alone for unhealthy.
func runHealthcheck(ctx context.Context, out io.Writer, args, environ []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("healthcheck takes no arguments, but got %q", args)}
	}
	if err := checkHealth(ctx, environ); err != nil {
		return fmt.Errorf("unhealthy: %w", err)
	}
	_, err := fmt.Fprintln(out, "healthy")
	return err
}

func checkHealth(ctx context.Context, environ []string) error {
	settings, err := config.Load(ctx, environ, 0)
	if err != nil {
		return err
	}
	if settings.Health.Address == "" {
		return errors.New("nothing to ask: set HEALTH_ADDRESS for the worker and for this check")
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	return askReady(ctx, readyURL(settings.Health.Address))
}

// readyURL returns the address of /readyz for somebody on the same machine: an
// endpoint on all addresses is asked on the loopback one.
func readyURL(listen string) string {
	host, port, _ := net.SplitHostPort(listen) // checked with the settings
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: "/readyz"}
	return u.String()
}

// askReady returns why the endpoint does not say that the worker is ready.
func askReady(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // a proxy has no say here
	resp, err := direct.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%s did not answer within %s", address, healthTimeout)
		}
		return fmt.Errorf("no worker answers: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	reason, err := io.ReadAll(io.LimitReader(resp.Body, maxReason))
	if err != nil {
		return fmt.Errorf("%s answered %d, and then: %w", address, resp.StatusCode, err)
	}
	return fmt.Errorf("%s answered %d: %s", address, resp.StatusCode, strings.TrimSpace(string(reason)))
}
