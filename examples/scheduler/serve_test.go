package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

// A shutdown accepts no new requests, and completes the requests in progress.
func TestServeEndsWithTheLastAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, shutDown := context.WithCancel(t.Context())
	begun, finish, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "done")
	})
	go func() { ended <- serve(ctx, listener, slow, slog.New(slog.DiscardHandler)) }()

	url := "http://" + listener.Addr().String()
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	answers := make(chan string, 1)
	go func() {
		response, err := client.Get(url)
		if err != nil {
			answers <- err.Error()
			return
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			answers <- err.Error()
			return
		}
		answers <- string(body)
	}()
	<-begun
	shutDown()
	for {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break // the listener is closed
		}
		_ = connection.Close()
	}
	select {
	case err := <-ended:
		t.Fatalf("serve ended with %v before the answer", err)
	default:
	}
	close(finish)
	if got := <-answers; got != "done" {
		t.Errorf("the answer is %q, want done", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve = %v, want nil", err)
	}
}
