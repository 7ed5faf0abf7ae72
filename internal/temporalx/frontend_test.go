package temporalx

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// frontend is as much of a Temporal server as dialling and search attributes
// need.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer

	namespace string
	apiKey    string // "": none is asked for
	refuseAdd codes.Code
	hangs     bool // says who it is, and answers nothing else

	mu         sync.Mutex
	attributes map[string]enumspb.IndexedValueType
	unknown    int // how many queries are still refused for names just added
	added      int // calls
	queries    []string
}

// start serves on loopback until the test ends and returns the address.
func (f *frontend) start(t *testing.T, options ...grpc.ServerOption) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(options...)
	workflowservice.RegisterWorkflowServiceServer(server, f)
	operatorservice.RegisterOperatorServiceServer(server, f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() { server.Stop(); <-done })
	return listener.Addr().String()
}

func (f *frontend) GetSystemInfo(ctx context.Context, _ *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	if f.apiKey != "" && strings.Join(md.Get("authorization"), "") != "Bearer "+f.apiKey {
		return nil, status.Error(codes.Unauthenticated, "who are you")
	}
	return &workflowservice.GetSystemInfoResponse{}, nil
}

func (f *frontend) DescribeNamespace(ctx context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	if f.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if r.Namespace == "forbidden" {
		return nil, status.Error(codes.PermissionDenied, "not yours")
	}
	if r.Namespace != f.namespace {
		return nil, status.Error(codes.NotFound, "namespace not found")
	}
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

func (f *frontend) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &operatorservice.ListSearchAttributesResponse{CustomAttributes: map[string]enumspb.IndexedValueType{}}
	for name, kind := range f.attributes {
		answer.CustomAttributes[name] = kind
	}
	return answer, nil
}

func (f *frontend) AddSearchAttributes(_ context.Context, r *operatorservice.AddSearchAttributesRequest) (*operatorservice.AddSearchAttributesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.added++
	if f.refuseAdd != codes.OK && f.refuseAdd != codes.AlreadyExists {
		return nil, status.Error(f.refuseAdd, "no")
	}
	for name, kind := range r.SearchAttributes {
		f.attributes[name] = kind
	}
	if f.refuseAdd == codes.AlreadyExists {
		return nil, status.Error(f.refuseAdd, "another was quicker")
	}
	return &operatorservice.AddSearchAttributesResponse{}, nil
}

func (f *frontend) CountWorkflowExecutions(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queries = append(f.queries, r.Query)
	if f.unknown > 0 {
		f.unknown--
		return nil, status.Error(codes.InvalidArgument, "no such search attribute")
	}
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

// authority makes certificates for tests.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // of its own certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key, a.file, _ = a.issue("authority", nil)
	return a
}

// issue makes a certificate for a name or address, and files with it and its
// key.
func (a *authority) issue(name string, address net.IP) (*x509.Certificate, *ecdsa.PrivateKey, string, string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{name}, BasicConstraintsValid: true, IsCA: a.cert == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if address != nil {
		template.IPAddresses = []net.IP{address}
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	a.check(err)
	cert, err := x509.ParseCertificate(der)
	a.check(err)
	text, err := x509.MarshalPKCS8PrivateKey(key)
	a.check(err)
	certFile, keyFile := filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
	a.check(os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	a.check(os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}), 0o600))
	return cert, key, certFile, keyFile
}

func (a *authority) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// server is a gRPC server's TLS, with a certificate for the given name or
// address, and asking for the client's where mutual.
func (a *authority) server(name string, address net.IP, mutual bool) grpc.ServerOption {
	a.t.Helper()
	_, _, certFile, keyFile := a.issue(name, address)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	a.check(err)
	settings := &tls.Config{Certificates: []tls.Certificate{pair}}
	if mutual {
		settings.ClientAuth, settings.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		settings.ClientCAs.AddCert(a.cert)
	}
	return grpc.Creds(credentials.NewTLS(settings))
}
