{{/* The port of a URL, or the one that its scheme stands for; takes a URL. A proxy's may lack
its scheme. */}}
{{- define "defendersync.urlPort" -}}
{{- $url := urlParse (ternary . (printf "http://%s" .) (contains "://" .)) -}}
{{- if regexMatch ":[0-9]+$" $url.host -}}
{{- regexFind "[0-9]+$" $url.host -}}
{{- else if eq $url.scheme "http" -}}80
{{- else if hasPrefix "socks5" $url.scheme -}}1080
{{- else -}}443
{{- end -}}
{{- end -}}

{{/* The ports of peers on the Internet and in the company, once each, by commas: takes the root. */}}
{{- define "defendersync.peerPorts" -}}
{{- $ports := list 443 -}}
{{- range list "DEFENDER_API_URL" "OOMNITZA_URL" "DEFENDER_PROXY_URL" "OOMNITZA_PROXY_URL" "HTTPS_PROXY" "OTEL_EXPORTER_OTLP_ENDPOINT" "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" -}}
{{- with get $.Values.settings . -}}
{{- $ports = append $ports (include "defendersync.urlPort" . | int) -}}
{{- end -}}
{{- end -}}
{{- if (get .Values.settings "SMTP_HOST") -}}
{{- $ports = append $ports (int (default 587 (get .Values.settings "SMTP_PORT"))) -}}
{{- end -}}
{{- $ports | uniq | join "," -}}
{{- end -}}
