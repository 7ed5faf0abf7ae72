{{/*
The settings of a container, by three ways: what is no secret from the ConfigMap, secrets
as files whose paths the NAME_FILE variables hold, and settings that name a file. A few
secrets, such as the address of a proxy with a password in it, can't be given as a file
and are variables from the Secret.

Each template takes (dict "root" $ "part" PART), with PART one of worker, command and
check. A command needs no token of the tenants, and gets none.
*/}}

{{/* Secrets of the worker and of check alone. */}}
{{- define "defendersync.isTenants" -}}
{{- if has . (list "DEFENDER_API_KEY" "OOMNITZA_API_TOKEN" "DEFENDER_PROXY_URL" "OOMNITZA_PROXY_URL" "DEFENDER_CA_FILE" "OOMNITZA_CA_FILE" "REPORTS_FILE") -}}true{{- end -}}
{{- end -}}

{{/* Secrets that can't be given as a file. */}}
{{- define "defendersync.isVariable" -}}
{{- if has . (list "DEFENDER_PROXY_URL" "OOMNITZA_PROXY_URL" "HTTPS_PROXY") -}}true{{- end -}}
{{- end -}}

{{/* What the worker controller gives to the workers itself, and that they must not get twice. */}}
{{- define "defendersync.isControllers" -}}
{{- if has . (list "TEMPORAL_API_KEY" "TEMPORAL_TLS_CLIENT_CERT_PATH" "TEMPORAL_TLS_CLIENT_KEY_PATH") -}}true{{- end -}}
{{- end -}}

{{/* Whether a part gets a setting; takes root, part and name. */}}
{{- define "defendersync.wants" -}}
{{- $tenants := and (eq .part "command") (include "defendersync.isTenants" .name) -}}
{{- $controllers := and (eq .part "worker") .root.Values.workerController.enabled (include "defendersync.isControllers" .name) -}}
{{- if not (or $tenants $controllers) -}}true{{- end -}}
{{- end -}}

{{/* The Secret and key of a secret; takes root, name and from, the entry of secrets.settings. */}}
{{- define "defendersync.secretKey" -}}
{{- $from := default (dict) .from -}}
{{- $secret := default (get .root.Values.secrets "existingSecret") (get $from "secret") -}}
{{- if not $secret -}}
{{- fail (printf "secrets.settings.%s: set secrets.existingSecret to the name of the Secret that holds the secrets, or {secret: NAME, key: KEY} here" .name) -}}
{{- end -}}
name: {{ $secret | quote }}
key: {{ default .name (get $from "key") | quote }}
{{- end -}}

{{- define "defendersync.env" -}}
{{- $root := .root }}{{ $part := .part }}
- name: HOME
  value: /tmp
{{- if eq $part "worker" }}
- name: HEALTH_ADDRESS
  value: {{ printf ":%d" (int .root.Values.health.port) | quote }}
{{- if .root.Values.metrics.enabled }}
- name: METRICS_ADDRESS
  value: {{ printf ":%d" (int .root.Values.metrics.port) | quote }}
{{- end }}
- name: WORKER_STOP_TIMEOUT
  value: {{ printf "%ds" (int .root.Values.worker.stopTimeoutSeconds) | quote }}
{{- end }}
{{- range $name, $from := .root.Values.secrets.settings }}
{{- if include "defendersync.wants" (dict "root" $root "part" $part "name" $name) }}
{{- if include "defendersync.isVariable" $name }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      {{- include "defendersync.secretKey" (dict "root" $root "name" $name "from" $from) | nindent 6 }}
{{- else }}
- name: {{ $name }}_FILE
  value: /etc/defendersync/secrets/{{ $name }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $from := .root.Values.files }}
{{- if include "defendersync.wants" (dict "root" $root "part" $part "name" $name) }}
- name: {{ $name }}
  value: /etc/defendersync/files/{{ $name }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The parts of the volume with secrets and files; empty if there are none. */}}
{{- define "defendersync.sources" -}}
{{- $root := .root }}{{ $part := .part }}
{{- range $name, $from := .root.Values.secrets.settings }}
{{- if and (include "defendersync.wants" (dict "root" $root "part" $part "name" $name)) (not (include "defendersync.isVariable" $name)) }}
{{- $at := include "defendersync.secretKey" (dict "root" $root "name" $name "from" $from) | fromYaml }}
- secret:
    name: {{ $at.name | quote }}
    items:
      - key: {{ $at.key | quote }}
        path: secrets/{{ $name }}
{{- end }}
{{- end }}
{{- range $name, $from := .root.Values.files }}
{{- if include "defendersync.wants" (dict "root" $root "part" $part "name" $name) }}
- {{ ternary "secret" "configMap" (hasKey $from "secret") }}:
    name: {{ default (get $from "configMap") (get $from "secret") | quote }}
    items:
      - key: {{ $from.key | quote }}
        path: files/{{ $name }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The data of the ConfigMap: what is set, as text. Helm reads every number as a float. */}}
{{- define "defendersync.settingsData" -}}
{{- range $name, $value := .Values.settings }}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) }}
{{ $name }}: {{ if kindIs "float64" $value }}{{ printf "%.0f" $value | quote }}{{ else }}{{ toString $value | quote }}{{ end }}
{{- end }}
{{- end }}
{{- end -}}
