{{/* The chart's name. */}}
{{- define "store-platform.name" -}}
{{ .Chart.Name }}
{{- end }}

{{/* The prefix of every object's name: the release's, with the chart's unless it holds that. */}}
{{- define "store-platform.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{/* The chart and its version, as a label. */}}
{{- define "store-platform.chart" -}}
{{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What picks a component's pods; call with (dict "root" $ "component" name). Never changes. */}}
{{- define "store-platform.selectorLabels" -}}
app.kubernetes.io/name: {{ include "store-platform.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The labels of every object. */}}
{{- define "store-platform.labels" -}}
{{ include "store-platform.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: store-platform
helm.sh/chart: {{ include "store-platform.chart" .root }}
{{- end }}

{{/* An image; call with (dict "root" $ "image" values). */}}
{{- define "store-platform.image" -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* The ServiceAccount that the API runs as. */}}
{{- define "store-platform.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (include "store-platform.fullname" .) }}
{{- end }}

{{/* "yes" where state is in PostgreSQL, else nothing. */}}
{{- define "store-platform.hasPostgresql" -}}
{{- if .Values.database.existingSecret }}yes{{ end -}}
{{- end }}

{{/* What every pod has: the restricted standard, and a user of its own. */}}
{{- define "store-platform.podBase" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* What every container has. */}}
{{- define "store-platform.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The settings of the API and of the migration: the ConfigMap's, and what is in Secrets. */}}
{{- define "store-platform.environment" -}}
envFrom:
  - configMapRef: {name: {{ include "store-platform.fullname" . }}}
env:
  {{- if include "store-platform.hasPostgresql" . }}
  - name: STORE_PLATFORM_DATABASE_URL
    valueFrom: {secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.key }}}}
  {{- else }}
  - {name: STORE_PLATFORM_DATABASE_URL, value: "sqlite:////var/lib/store-platform/platform.db"}
  {{- end }}
  {{- with .Values.monitoring.metricsSecret }}
  - name: STORE_PLATFORM_METRICS_TOKEN
    valueFrom: {secretKeyRef: {name: {{ . }}, key: {{ $.Values.monitoring.metricsKey }}}}
  {{- end }}
{{- end }}

{{/* The paths that the API answers, as a JSON array: all of them where it serves the dashboard too. */}}
{{- define "store-platform.apiPaths" -}}
{{- if .Values.dashboard.enabled -}}
["/graphql", "/config.json"]
{{- else -}}
["/"]
{{- end -}}
{{- end }}
