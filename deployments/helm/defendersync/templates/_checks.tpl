{{/* What the schema of the values can't tell. Each message names the value and what to do. */}}
{{- define "defendersync.checkValues" -}}
{{- $secrets := .Values.secrets.settings -}}
{{- range $name, $value := .Values.settings -}}
{{- if regexMatch "://[^/]*@" (toString $value) -}}
{{- fail (printf "settings.%s: a URL with a password in it is a secret: put it into the Secret, and name it under secrets.settings" $name) -}}
{{- end -}}
{{- if hasKey $secrets $name -}}
{{- fail (printf "settings.%s: it is under secrets.settings as well: leave one of them out" $name) -}}
{{- end -}}
{{- end -}}
{{- if and (get .Values.settings "SMTP_USERNAME") (not (hasKey $secrets "SMTP_PASSWORD")) -}}
{{- fail "settings.SMTP_USERNAME: a user needs a password: add SMTP_PASSWORD: {} under secrets.settings" -}}
{{- end -}}
{{- if and (hasKey .Values.files "TEMPORAL_TLS_CLIENT_CERT_PATH") (not (or (hasKey .Values.files "TEMPORAL_TLS_CLIENT_KEY_PATH") (hasKey $secrets "TEMPORAL_TLS_CLIENT_KEY_DATA"))) -}}
{{- fail "files.TEMPORAL_TLS_CLIENT_CERT_PATH: a client certificate needs its key: add TEMPORAL_TLS_CLIENT_KEY_PATH under files" -}}
{{- end -}}
{{- if and .Values.metrics.enabled (eq (int .Values.metrics.port) (int .Values.health.port)) -}}
{{- fail "metrics.port: it is the health.port: give each a port of its own" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.enabled) -}}
{{- fail "metrics.serviceMonitor.enabled: there is nothing to read while metrics.enabled is false" -}}
{{- end -}}
{{- if .Values.workerController.enabled -}}
{{- range list "TEMPORAL_DEPLOYMENT_NAME" "TEMPORAL_WORKER_BUILD_ID" -}}
{{- if get $.Values.settings . -}}
{{- fail (printf "settings.%s: workerController.enabled has the controller set it: leave it out" .) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.workerController.connection.create (not (regexMatch "^[a-zA-Z0-9.-]+:[0-9]+$" (get .Values.settings "TEMPORAL_ADDRESS"))) -}}
{{- fail "settings.TEMPORAL_ADDRESS: workerController.enabled needs a name or an IPv4 address, such as temporal:7233" -}}
{{- end -}}
{{- end -}}
{{- range $value, $labels := dict "commonLabels" .Values.commonLabels "worker.podLabels" .Values.worker.podLabels "commands.podLabels" .Values.commands.podLabels -}}
{{- range $name, $_ := $labels -}}
{{- if regexMatch "^(app[.]kubernetes[.]io/(name|instance|component|version|managed-by)|helm[.]sh/chart)$" $name -}}
{{- fail (printf "%s: the chart sets %s itself, and selects pods by it: leave it out; nameOverride changes the name" $value $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $from := $secrets -}}
{{- $_ := include "defendersync.secretKey" (dict "root" $ "name" $name "from" $from) -}}
{{- end -}}
{{- end -}}
