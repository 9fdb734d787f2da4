{{/* The chart's name. */}}
{{- define "woocommerce.name" -}}
{{ .Chart.Name }}
{{- end }}

{{/* The prefix of every object's name: the release's. */}}
{{- define "woocommerce.fullname" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The chart and its version, as a label. */}}
{{- define "woocommerce.chart" -}}
{{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What picks a component's pods; call with (dict "root" $ "component" name). Never changes. */}}
{{- define "woocommerce.selectorLabels" -}}
app.kubernetes.io/name: {{ include "woocommerce.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The labels of a component's pods: the selector's, and the store, by which they are watched. */}}
{{- define "woocommerce.podLabels" -}}
{{ include "woocommerce.selectorLabels" . }}
store-platform.dev/store: {{ .root.Values.store.id | quote }}
{{- end }}

{{/* The labels of every other object. */}}
{{- define "woocommerce.labels" -}}
{{ include "woocommerce.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: store-platform
helm.sh/chart: {{ include "woocommerce.chart" .root }}
{{- end }}

{{/* What every pod has: no token, the restricted standard, the user that owns its volume. */}}
{{- define "woocommerce.podBase" -}}
automountServiceAccountToken: false
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
{{- define "woocommerce.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* WordPress' database settings, the same for the web server and the setup job. */}}
{{- define "woocommerce.databaseEnv" -}}
- {name: WORDPRESS_DB_HOST, value: {{ printf "%s-mysql" (include "woocommerce.fullname" .) }}}
- {name: WORDPRESS_DB_NAME, value: wordpress}
- {name: WORDPRESS_DB_USER, value: wordpress}
- name: WORDPRESS_DB_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .Values.store.credentialsSecret }}, key: mysql-password}}
- name: WORDPRESS_CONFIG_EXTRA
  # Behind an ingress that ends TLS WordPress must believe the proxy, or its redirects never end.
  value: |
    if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') { $_SERVER['HTTPS'] = 'on'; }
{{- end }}
