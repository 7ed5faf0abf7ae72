package temporalx

import (
	"fmt"

	sdkenvconfig "go.temporal.io/sdk/contrib/envconfig"
)

// ReadFileSettings returns those settings that Temporal's own configuration file
// gives, by the names of the variables that win over them. Keys are secrets.
func ReadFileSettings(environ []string) (map[string]string, error) {
	env, err := newEnvironment(environ)
	if err != nil {
		return nil, err
	}
	// The variables that choose file and profile are part of the environment, which
	// else is left out.
	p, err := sdkenvconfig.LoadClientConfigProfile(sdkenvconfig.LoadClientConfigProfileOptions{
		ConfigFilePath: env["TEMPORAL_CONFIG_FILE"], ConfigFileProfile: env["TEMPORAL_PROFILE"], DisableEnv: true,
	})
	if err != nil {
		return nil, fmt.Errorf("read Temporal's configuration file: %w", err)
	}
	out := map[string]string{
		"TEMPORAL_ADDRESS": p.Address, "TEMPORAL_NAMESPACE": p.Namespace, "TEMPORAL_API_KEY": p.APIKey, "TEMPORAL_CLIENT_AUTHORITY": p.Authority,
	}
	if tls := p.TLS; tls != nil {
		for name, value := range map[string]string{
			"TEMPORAL_TLS_CLIENT_CERT_PATH": tls.ClientCertPath, "TEMPORAL_TLS_CLIENT_CERT_DATA": string(tls.ClientCertData),
			"TEMPORAL_TLS_CLIENT_KEY_PATH": tls.ClientKeyPath, "TEMPORAL_TLS_CLIENT_KEY_DATA": string(tls.ClientKeyData),
			"TEMPORAL_TLS_SERVER_CA_CERT_PATH": tls.ServerCACertPath, "TEMPORAL_TLS_SERVER_CA_CERT_DATA": string(tls.ServerCACertData),
			"TEMPORAL_TLS_SERVER_NAME": tls.ServerName,
		} {
			out[name] = value
		}
		out["TEMPORAL_TLS"] = fmt.Sprint(!tls.Disabled)
		out["TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"] = fmt.Sprint(tls.DisableHostVerification)
	}
	return out, nil
}
