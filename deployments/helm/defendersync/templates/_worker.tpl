{{/* The pod of a worker, the same under a Deployment and under the worker controller. */}}
{{- define "defendersync.workerPod" -}}
{{- $worker := .Values.worker -}}
metadata:
  labels:
    {{- include "defendersync.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/component: worker
    {{- with $worker.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Settings are read at the start: a change starts new workers, one after the other.
    checksum/settings: {{ include "defendersync.settingsData" . | sha256sum }}
    {{- with $worker.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "defendersync.podSecurity" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ add (int $worker.stopTimeoutSeconds) 15 }}
  {{- with $worker.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with $worker.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $worker.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $worker.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- $spread := get $worker "topologySpreadConstraints" }}
    {{- if not (kindIs "slice" $spread) }}
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "defendersync.selectorLabels" $ | nindent 10 }}
          app.kubernetes.io/component: worker
      matchLabelKeys: [pod-template-hash]
    {{- end }}
    {{- else }}
    {{- toYaml $spread | nindent 4 }}
    {{- end }}
  containers:
    - name: worker
      {{- include "defendersync.containerBase" . | nindent 6 }}
      command: [/usr/bin/defendersync-worker]
      {{- include "defendersync.containerSettings" (dict "root" . "part" "worker") | nindent 6 }}
      ports:
        - name: health
          containerPort: {{ int .Values.health.port }}
        {{- if .Values.metrics.enabled }}
        - name: metrics
          containerPort: {{ int .Values.metrics.port }}
        {{- end }}
      # Health is served once Temporal knows the search attributes, which may take a minute.
      # Where Temporal does not answer, the worker ends by itself.
      startupProbe:
        httpGet: {path: /healthz, port: health}
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /healthz, port: health}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      # Not ready while Temporal gives it no work: a rollout waits for the new workers.
      readinessProbe:
        httpGet: {path: /readyz, port: health}
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      resources:
        {{- toYaml $worker.resources | nindent 8 }}
  volumes:
    {{- include "defendersync.volumes" (dict "root" . "part" "worker" "tmp" $worker.temporaryStorage) | nindent 4 }}
{{- end -}}
