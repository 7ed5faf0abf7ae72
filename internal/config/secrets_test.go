package config

import (
	"slices"
	"strings"
	"testing"

	"defendersync/internal/httpx"
)

func TestEverySecretIsMadeKnown(t *testing.T) {
	key := "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	environ := []string{
		"DEFENDER_API_KEY=defender-9f86d081", "OOMNITZA_API_TOKEN=oomnitza-884c7d65", "SMTP_PASSWORD=mail-9a2feaa0",
		"PAYLOAD_ENCRYPTION_KEY=new:" + key + "," + strings.ToLower(key), "TEMPORAL_API_KEY=temporal-55ad015a",
		"DEFENDER_PROXY_URL=http://user:proxy-3bf0a30f@proxy.example:3128", "https_proxy=user:other-1b2b0b82@proxy.example",
		"NOTIFY_WEBHOOK_URL=https://hooks.example.com/services/T024BE7LD/hook-5d1b1d00?key=query-0cd15d6c",
		"INTEGRATION_NAME=microsoft-defender",
	}
	if _, err := Load(t.Context(), environ, 0); err != nil {
		t.Log(err) // settings that lack others are none of this test's
	}
	defer httpx.KeepSecret()
	for _, secret := range []string{
		"defender-9f86d081", "oomnitza-884c7d65", "mail-9a2feaa0", key, strings.ToLower(key), "temporal-55ad015a",
		"proxy-3bf0a30f", "other-1b2b0b82", "T024BE7LD", "hook-5d1b1d00", "query-0cd15d6c",
	} {
		if got := httpx.Redact("x " + secret + " y"); strings.Contains(got, secret) {
			t.Errorf("%q is shown", got)
		}
	}
	for _, plain := range []string{"hooks.example.com", "services", "microsoft-defender", "proxy.example:3128"} {
		if got := httpx.Redact(plain); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
}

// TestNoSecretSettingIsForgotten sees to it that a setting that is added is
// made known as well.
func TestNoSecretSettingIsForgotten(t *testing.T) {
	var environ []string
	for _, v := range ListVariables() {
		if v.Secret {
			environ = append(environ, v.Name+"=https://h.example/"+strings.ToLower(v.Name)+"-5d1b1d00")
		}
	}
	known := newSource(environ).listSecrets()
	for _, v := range ListVariables() {
		if v.Secret && !slices.ContainsFunc(known, func(s string) bool { return strings.Contains(s, strings.ToLower(v.Name)+"-5d1b1d00") }) {
			t.Errorf("%s is not made known", v.Name)
		}
	}
}
