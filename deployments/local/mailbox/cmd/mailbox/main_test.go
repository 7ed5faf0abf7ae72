package main

import (
	"bytes"
	"context"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheMailboxTakesMailUntilItIsStopped(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, folder := free.Addr().String(), t.TempDir()
	free.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- runMailbox(ctx, []string{"--folder", folder, "--smtp-addr", address, "--page-addr", "127.0.0.1:0"}, &bytes.Buffer{}, &errs)
	}()
	mail := []byte("From: a@example.com\r\nSubject: hello\r\n\r\nthere\r\n")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := smtp.SendMail(address, nil, "a@example.com", []string{"b@example.com"}, mail)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if kept, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(kept) != 1 {
		t.Errorf("it keeps %v (%v)", kept, err)
	}
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("it ended with %d: %s", got, errs.String())
	}
}

func TestWhatIsWrongWithTheMailboxIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"now"}, 2, `"now"`},
		{[]string{"--moon"}, 2, "moon"},
		{[]string{"--folder", filepath.Join(file, "mail"), "--smtp-addr", "127.0.0.1:0", "--page-addr", "127.0.0.1:0"}, 1, "mail"},
		{[]string{"--folder", t.TempDir(), "--smtp-addr", "nowhere:x", "--page-addr", "127.0.0.1:0"}, 1, "can't listen"},
	} {
		var errs bytes.Buffer
		if code := runMailbox(t.Context(), tc.args, &bytes.Buffer{}, &errs); code != tc.code || !strings.Contains(errs.String(), tc.says) {
			t.Errorf("%v: %d, %s", tc.args, code, errs.String())
		}
	}
}
