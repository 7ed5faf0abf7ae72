package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// The product sends its tokens over TLS alone, but to its own machine. So tenants
// that are to be reached from another one, or from another container, get a
// certificate of an authority of their own, for one folder and one use.
const (
	authorityFile   = "ca.pem"      // for DEFENDER_CA_FILE and OOMNITZA_CA_FILE
	certificateFile = "tenants.pem" // what the tenants show
	keyFile         = "tenants.key"
)

// validFor is how long the certificates are valid.
const validFor = 10 * 365 * 24 * time.Hour

// makeCertificates makes an authority and a certificate of it for a host name, in
// a folder that has none yet. The authority's key is not kept.
func makeCertificates(folder, host string, now time.Time) error {
	if _, err := os.Stat(filepath.Join(folder, keyFile)); err == nil {
		return nil
	}
	authority := certificateOf("Authority of simulated tenants", now)
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign
	tenants := certificateOf("Simulated tenants", now)
	tenants.DNSNames, tenants.ExtKeyUsage = []string{host}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}

	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	authorityDER, errA := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	tenantsDER, errT := x509.CreateCertificate(rand.Reader, tenants, authority, key.Public(), authorityKey)
	keyDER, errK := x509.MarshalPKCS8PrivateKey(key)
	if err := errors.Join(errA, errT, errK); err != nil {
		return err
	}
	return errors.Join( // the key last: it says that all are there
		writePEM(filepath.Join(folder, authorityFile), "CERTIFICATE", authorityDER, 0o644),
		writePEM(filepath.Join(folder, certificateFile), "CERTIFICATE", tenantsDER, 0o644),
		writePEM(filepath.Join(folder, keyFile), "PRIVATE KEY", keyDER, 0o600),
	)
}

func certificateOf(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validFor),
	}
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}

// loadCertificate reads what makeCertificates made; nil without a folder.
func loadCertificate(folder string) (*tls.Config, error) {
	if folder == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, certificateFile), filepath.Join(folder, keyFile))
	if err != nil {
		return nil, fmt.Errorf("--certificates: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}, nil
}
