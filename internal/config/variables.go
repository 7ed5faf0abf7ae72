package config

import (
	"reflect"
	"strings"
	"time"
)

// Variable describes one setting for documentation and messages.
type Variable struct {
	Name    string
	Group   string // Defender, Oomnitza, Integration, …, Temporal
	Default string
	Secret  bool // never shown; may also be given as FileVariable
	Help    string

	duration bool
	kind     reflect.Kind
}

// FileVariable returns the name of the variable that points to a file with the
// secret's value, or "" if the setting is not a secret.
func (v Variable) FileVariable() string {
	if !v.Secret {
		return ""
	}
	return v.Name + "_FILE"
}

// ListVariables returns every setting in the order of the documentation: first
// those of Temporal's own environment configuration, then ours.
func ListVariables() []Variable {
	list := temporalVariables()
	groups := reflect.TypeFor[Settings]()
	for i := range groups.NumField() {
		group := groups.Field(i)
		for j := range group.Type.NumField() {
			field := group.Type.Field(j)
			name, rest, _ := strings.Cut(field.Tag.Get("env"), ",")
			list = append(list, Variable{
				Name:     name,
				Group:    group.Name,
				Default:  strings.TrimPrefix(rest, "default="),
				Secret:   field.Type == reflect.TypeFor[Secret](),
				Help:     field.Tag.Get("help"),
				duration: field.Type == reflect.TypeFor[time.Duration](),
				kind:     field.Type.Kind(),
			})
		}
	}
	return list
}

// temporalVariables returns the variables that the SDK's contrib/envconfig reads
// [CODE v1.0.2]. The _FILE forms of the secrets and TEMPORAL_UI_URL are ours.
func temporalVariables() []Variable {
	list := []Variable{
		{Name: "TEMPORAL_ADDRESS", Default: "localhost:7233", Help: "host:port of the Temporal frontend"},
		{Name: "TEMPORAL_NAMESPACE", Default: "default", Help: "namespace to work in; it has to exist"},
		{Name: "TEMPORAL_API_KEY", Secret: true, Help: "API key, for Temporal Cloud; turns TLS on"},
		{Name: "TEMPORAL_TLS", Help: "true or false; on by itself where an API key or another TLS setting is given"},
		{Name: "TEMPORAL_TLS_CLIENT_CERT_PATH", Help: "PEM file of the client certificate, for mutual TLS"},
		{Name: "TEMPORAL_TLS_CLIENT_CERT_DATA", Help: "the client certificate itself, in place of the file"},
		{Name: "TEMPORAL_TLS_CLIENT_KEY_PATH", Help: "PEM file of the client certificate's key"},
		{Name: "TEMPORAL_TLS_CLIENT_KEY_DATA", Secret: true, Help: "the key itself, in place of the file"},
		{Name: "TEMPORAL_TLS_SERVER_CA_CERT_PATH", Help: "PEM file of the authority that signed the server's certificate"},
		{Name: "TEMPORAL_TLS_SERVER_CA_CERT_DATA", Help: "that authority's certificate itself, in place of the file"},
		{Name: "TEMPORAL_TLS_SERVER_NAME", Help: "name that the server's certificate has to show, if not the address"},
		{Name: "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", Help: "true: don't check the server's certificate; for tests only"},
		{Name: "TEMPORAL_CLIENT_AUTHORITY", Help: "authority to send, for proxies that route by it"},
		{Name: "TEMPORAL_PROFILE", Default: "default", Help: "profile of the configuration file to use"},
		{Name: "TEMPORAL_CONFIG_FILE", Help: "configuration file in TOML; its place by default is temporalio/temporal.toml in the user's configuration folder"},
		{Name: "TEMPORAL_UI_URL", Help: "address of the Web UI, for links in what commands print: http://localhost:8233"},
	}
	for i := range list {
		list[i].Group = "Temporal"
	}
	return list
}
