{{/* What all pods have in common. */}}

{{/* The pod's side of Kubernetes' restricted profile. */}}
{{- define "defendersync.podSecurity" -}}
automountServiceAccountToken: false
serviceAccountName: {{ include "defendersync.serviceAccountName" . }}
# Variables of services that happen to be called defender or smtp would be taken for settings.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with get .Values "runAsUser" }}
  runAsUser: {{ int . }}
  runAsGroup: {{ int . }}
  # Lets the user read the secrets' files.
  fsGroup: {{ int . }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The container's side of it, with the image. */}}
{{- define "defendersync.containerBase" -}}
image: {{ include "defendersync.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* A container's settings; takes root and part. */}}
{{- define "defendersync.containerSettings" -}}
envFrom:
  - configMapRef:
      name: {{ include "defendersync.fullname" .root }}-settings
env:
  {{- include "defendersync.env" . | trim | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if include "defendersync.sources" . | trim }}
  - name: settings
    mountPath: /etc/defendersync
    readOnly: true
  {{- end }}
{{- end -}}

{{/* The pod's volumes; takes root, part and tmp, the size of /tmp. */}}
{{- define "defendersync.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .tmp }}
{{- with include "defendersync.sources" . | trim }}
- name: settings
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* A pod that runs one command of defendersync; takes root, part, component,
args, resources, and if need be name, of the container, and initArgs, of a command to run before. */}}
{{- define "defendersync.commandPod" -}}
metadata:
  labels:
    {{- include "defendersync.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with .root.Values.commands.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .root.Values.commands.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  {{- include "defendersync.podSecurity" .root | nindent 2 }}
  {{- range $place := list "nodeSelector" "tolerations" }}
  {{- $own := get $.root.Values.commands $place }}
  {{- with ternary (get $.root.Values.worker $place) $own (not (or (kindIs "map" $own) (kindIs "slice" $own))) }}
  {{ $place }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- with get . "initArgs" }}
  initContainers:
    - name: search-attributes
      {{- include "defendersync.containerBase" $.root | nindent 6 }}
      command: [/usr/bin/defendersync]
      args: {{ toJson . }}
      {{- include "defendersync.containerSettings" $ | nindent 6 }}
      resources:
        {{- toYaml $.resources | nindent 8 }}
  {{- end }}
  containers:
    - name: {{ default .component (get . "name") }}
      {{- include "defendersync.containerBase" .root | nindent 6 }}
      command: [/usr/bin/defendersync]
      args: {{ toJson .args }}
      {{- include "defendersync.containerSettings" . | nindent 6 }}
      resources:
        {{- toYaml .resources | nindent 8 }}
  volumes:
    {{- include "defendersync.volumes" (dict "root" .root "part" .part "tmp" "16Mi") | nindent 4 }}
{{- end -}}
