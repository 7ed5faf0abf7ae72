package temporalx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	// readTimeout bounds how long a client may take to send its request.
	readTimeout = 10 * time.Second
	// closeTimeout bounds how long open requests may delay the shutdown.
	closeTimeout = 2 * time.Second
)

// listenAndServe serves on an address until the context ends. setting is the variable
// that the address comes from, for errors. Without an address it returns at once.
func listenAndServe(ctx context.Context, setting, address string, handler http.Handler) error {
	if address == "" {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%s=%s: %w", setting, address, err)
	}
	return serveOn(ctx, listener, handler)
}

// serveOn serves until the context ends and returns once all connections are closed.
func serveOn(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadTimeout: readTimeout, ReadHeaderTimeout: readTimeout}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		_ = server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	return nil
}
