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
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}{{ with .image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* The ServiceAccount that the API runs as. */}}
{{- define "store-platform.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (include "store-platform.fullname" .) }}
{{- end }}

{{/* The ClusterRole with the API's rights in a store's namespace; nothing where the chart makes no roles. */}}
{{- define "store-platform.storeRole" -}}
{{- if .Values.serviceAccount.create }}{{ include "store-platform.fullname" . }}-in-stores{{ end -}}
{{- end }}

{{/*
"yes" where a Gateway is named for shops of some engine, else nothing. The name counts, and not whether it is
enabled: shops of a time when it was have an HTTPRoute still, which goes with them.
*/}}
{{- define "store-platform.hasShopsByGateway" -}}
{{- range .Values.stores.values }}
{{- if dig "gateway" "name" "" . }}yes{{ end -}}
{{- end -}}
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

{{/* Replicas on as many nodes as there are, where there are several; call with (dict "root" $ "component" name "replicas" n). */}}
{{- define "store-platform.spread" -}}
{{- if gt (int .replicas) 1 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway # one node is enough to begin with
    labelSelector:
      matchLabels: {{- include "store-platform.selectorLabels" . | nindent 8 }}
{{- end }}
{{- end }}

{{/* What every container has. */}}
{{- define "store-platform.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The API's settings that are no secrets, as YAML: the chart's, and over them api.extraEnv. */}}
{{- define "store-platform.settings" -}}
{{- range $name, $remedy := dict
  "STORE_PLATFORM_DATABASE_URL" "name a Secret in database.existingSecret"
  "STORE_PLATFORM_METRICS_TOKEN" "name a Secret in monitoring.metricsSecret"
  "STORE_PLATFORM_RATE_LIMIT_STORAGE" "name a Secret in limits.redis.existingSecret"
  "STORE_PLATFORM_SMTP_USERNAME" "name a Secret in mail.existingSecret"
  "STORE_PLATFORM_SMTP_PASSWORD" "name a Secret in mail.existingSecret"
  "STORE_PLATFORM_BACKUP_KEY" "name a Secret in backups.existingSecret"
  "STORE_PLATFORM_BACKUP_ACCOUNTS" "it is the Secret that the chart makes"
  "STORE_PLATFORM_BACKUP_REMOVAL" "it is the CronJob that the chart makes"
  "STORE_PLATFORM_BACKUP_IN_CLUSTER" "it follows from backups.s3"
  "STORE_PLATFORM_PORT" "the Service and the probes have this port"
  "STORE_PLATFORM_CLOSED_SHOPS_PORT" "use closedShops.enabled"
  "STORE_PLATFORM_STATE_DIR" "the volume is there"
  "STORE_PLATFORM_CHART_VALUES" "use stores.values"
  "STORE_PLATFORM_PULL_CREDENTIALS" "name a Secret in stores.pullSecret"
  "STORE_PLATFORM_TRUSTED_AUTHORITIES" "name a ConfigMap in trustedAuthorities.configMap"
  "STORE_PLATFORM_STORE_ROLE" "it is the ClusterRole that the chart makes" }}
{{- if hasKey $.Values.api.extraEnv $name }}
{{- fail (printf "api.extraEnv: %s is the chart's own to set: %s." $name $remedy) }}
{{- end }}
{{- end }}
{{- $tls := .Values.access.tls.enabled }}
{{- /* The first label of the platform's own host is no shop's name. */}}
{{- $settings := dict
  "STORE_PLATFORM_HOST" "::"
  "STORE_PLATFORM_PORT" "8080"
  "STORE_PLATFORM_STATE_DIR" "/var/lib/store-platform/state"
  "STORE_PLATFORM_SHOP_URL" .Values.stores.url
  "STORE_PLATFORM_RESERVED_NAMES" (prepend .Values.stores.reservedNames (splitList "." .Values.access.host | first) | join ",")
  "STORE_PLATFORM_REACHABILITY_CHECK" .Values.stores.reachabilityCheck
  "STORE_PLATFORM_WILDCARD_RECORD" .Values.stores.wildcardRecord
  "STORE_PLATFORM_MAX_CONCURRENT_PROVISIONS" .Values.stores.maxConcurrentProvisions
  "STORE_PLATFORM_PROVISION_TIMEOUT_SECONDS" .Values.stores.provisionTimeoutSeconds
  "STORE_PLATFORM_GRAPHIQL" .Values.access.graphiql
  "STORE_PLATFORM_MAX_STORES" (int .Values.stores.maxStores)
  "STORE_PLATFORM_MAX_STORES_PER_USER" (int .Values.stores.maxStoresPerUser)
  "STORE_PLATFORM_COUNT_SUSPENDED_STORES" .Values.stores.countSuspended
  "STORE_PLATFORM_EVENT_RETENTION_DAYS" .Values.stores.eventRetentionDays
  "STORE_PLATFORM_HSTS_SECONDS" (ternary (int .Values.access.tls.hstsSeconds) 0 $tls)
  "STORE_PLATFORM_REDIRECT_TO_TLS" (and $tls .Values.access.tls.redirect) }}
{{- with include "store-platform.storeRole" . }}
{{- $_ := set $settings "STORE_PLATFORM_STORE_ROLE" . }}
{{- end }}
{{- with .Values.stores.planPrices }}
{{- $_ := set $settings "STORE_PLATFORM_PLAN_PRICES" (toJson .) }}
{{- end }}
{{- with .Values.stores.ingressUrl }}
{{- $_ := set $settings "STORE_PLATFORM_INGRESS" . }}
{{- end }}
{{- if include "store-platform.hasClosedShops" . }}
{{- $_ := set $settings "STORE_PLATFORM_CLOSED_SHOPS_PORT" "8081" }}
{{- end }}
{{- if .Values.stores.pullSecret }}
{{- $_ := set $settings "STORE_PLATFORM_PULL_CREDENTIALS" "/etc/store-platform/pull/.dockerconfigjson" }}
{{- end }}
{{- with .Values.trustedAuthorities }}
{{- if .configMap }}
{{- $_ := set $settings "STORE_PLATFORM_TRUSTED_AUTHORITIES" (printf "/etc/store-platform/authorities/%s" .key) }}
{{- end }}
{{- end }}
{{- if .Values.backups.enabled }}
{{- $settings = merge $settings (include "store-platform.backupSettings" . | fromYaml) }}
{{- end }}
{{- with .Values.mail }}
{{- if .host }}
{{- $_ := set $settings "STORE_PLATFORM_SMTP_HOST" .host }}
{{- $_ := set $settings "STORE_PLATFORM_SMTP_PORT" .port }}
{{- $_ := set $settings "STORE_PLATFORM_SMTP_SECURITY" .security }}
{{- with .from }}
{{- $_ := set $settings "STORE_PLATFORM_SMTP_FROM" . }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.stores.values }}
{{- $_ := set $settings "STORE_PLATFORM_CHART_VALUES" "/etc/store-platform/values" }}
{{- end }}
{{- if and .Values.access.proxies.networks (ne .Values.access.by "none") }}
{{- $_ := set $settings "STORE_PLATFORM_TRUSTED_PROXIES" (join "," .Values.access.proxies.networks) }}
{{- $_ := set $settings "STORE_PLATFORM_PROXY_HOPS" .Values.access.proxies.hops }}
{{- end }}
{{- if .Values.oidc.issuer }}
{{- $_ := set $settings "STORE_PLATFORM_OIDC_ISSUER" .Values.oidc.issuer }}
{{- $_ := set $settings "STORE_PLATFORM_OIDC_AUDIENCE" .Values.oidc.audience }}
{{- $_ := set $settings "STORE_PLATFORM_OIDC_CLIENT_ID" .Values.oidc.clientId }}
{{- with .Values.oidc.roles }}
{{- $pairs := list }}
{{- range $theirs, $ours := . }}
{{- $pairs = append $pairs (printf "%s=%s" $theirs $ours) }}
{{- end }}
{{- $_ := set $settings "STORE_PLATFORM_OIDC_ROLES" (join "," $pairs) }}
{{- end }}
{{- with .Values.oidc.rolesClaim }}
{{- $_ := set $settings "STORE_PLATFORM_OIDC_ROLES_CLAIM" . }}
{{- end }}
{{- with .Values.oidc.tokenOrigins }}
{{- $_ := set $settings "STORE_PLATFORM_OIDC_TOKEN_ORIGINS" (join "," .) }}
{{- end }}
{{- end }}
{{- with .Values.monitoring.tracesEndpoint }}
{{- $_ := set $settings "OTEL_EXPORTER_OTLP_ENDPOINT" . }}
{{- end }}
{{- range $name, $value := .Values.api.extraEnv }}
{{- $_ := set $settings $name $value }}
{{- end }}
{{- range $name, $value := $settings }}
{{ $name }}: {{ toString $value | quote }}
{{- end }}
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
  - {name: STORE_PLATFORM_DATABASE_URL, value: {{ include "store-platform.sqliteUrl" . | quote }}}
  {{- end }}
  {{- with .Values.monitoring.metricsSecret }}
  - name: STORE_PLATFORM_METRICS_TOKEN
    valueFrom: {secretKeyRef: {name: {{ . }}, key: {{ $.Values.monitoring.metricsKey }}}}
  {{- end }}
  {{- with include "store-platform.backupKeyEnv" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The URL of SQLite's file on the state volume. */}}
{{- define "store-platform.sqliteUrl" -}}
sqlite:////var/lib/store-platform/platform.db
{{- end }}

{{/* Where the certificates of further authorities are in a container; nothing where there are none. */}}
{{- define "store-platform.authoritiesMount" -}}
{{- if .Values.trustedAuthorities.configMap }}
- {name: authorities, mountPath: /etc/store-platform/authorities, readOnly: true}
{{- end }}
{{- end }}

{{/* The volume of that. */}}
{{- define "store-platform.authoritiesVolume" -}}
{{- with .Values.trustedAuthorities.configMap }}
- {name: authorities, configMap: {name: {{ . }}}}
{{- end }}
{{- end }}

{{/* The port that a URL leads to. */}}
{{- define "store-platform.port" -}}
{{- $parts := urlParse (replace "{name}" "name" .) }}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $parts.host) | default (ternary "443" "80" (eq $parts.scheme "https")) -}}
{{- end }}

{{/* The ports that the API goes to, apart from DNS and the API server, as a JSON array. */}}
{{- define "store-platform.egressPorts" -}}
{{- $ports := .Values.networkPolicies.extraPorts }}
{{- $settings := include "store-platform.settings" . | fromYaml }}
{{- $urls := list $settings.STORE_PLATFORM_SHOP_URL $settings.STORE_PLATFORM_INGRESS $settings.STORE_PLATFORM_OIDC_ISSUER $settings.OTEL_EXPORTER_OTLP_ENDPOINT }}
{{- range concat (compact $urls) .Values.oidc.tokenOrigins }}
{{- $ports = append $ports (include "store-platform.port" . | int) }}
{{- end }}
{{- if include "store-platform.hasPostgresql" . }}
{{- $ports = append $ports .Values.database.port }}
{{- end }}
{{- if .Values.limits.redis.existingSecret }}
{{- $ports = append $ports .Values.limits.redis.port }}
{{- end }}
{{- $numbers := list }}
{{- range $ports }}
{{- $numbers = append $numbers (int .) }}
{{- end }}
{{- $numbers | uniq | toJson -}}
{{- end }}

{{/* Everybody but the machine's own: where clouds hand out a node's credentials, and other nodes' link. */}}
{{- define "store-platform.anywhere" -}}
- namespaceSelector: {}
- ipBlock:
    cidr: 0.0.0.0/0
    except: [169.254.0.0/16, 100.100.100.200/32, 168.63.129.16/32, 192.0.0.192/32]
- ipBlock:
    cidr: "::/0"
    except: ["fe80::/10", "fd00:ec2::/32", "fd20:ce::/32"]
{{- end }}

{{/* A rule that lets a pod ask the cluster's DNS, and nobody else on its port. */}}
{{- define "store-platform.dnsRule" -}}
{{- $dns := .Values.networkPolicies.dns -}}
- ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
  to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: {{ $dns.namespace }}}
      podSelector:
        matchLabels: {{- toYaml $dns.podLabels | nindent 10 }}
    {{- range $dns.cidrs }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
{{- end }}

{{/*
A rule that takes HTTP from whoever may open connections to the platform; call with (dict "root" $ "ports" their
names).
*/}}
{{- define "store-platform.httpRule" -}}
{{- $policies := .root.Values.networkPolicies -}}
- ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- if or $policies.fromNamespaces $policies.fromCidrs }}
  from:
    {{- range $policies.fromNamespaces }}
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: {{ . }}}
    {{- end }}
    {{- range $policies.fromCidrs }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
  {{- end }}
{{- end }}

{{/*
"yes" where an object of somebody else's kind is made, else nothing. `auto` makes it where the cluster has the
kind; true insists, so that a missing kind is told here and not by the API server. Call with (dict "root" $
"value" name "wanted" value "remedy" what else to set "api" "group/version/Kind" "maker" who).
*/}}
{{- define "store-platform.makes" -}}
{{- $isKnown := .root.Capabilities.APIVersions.Has .api }}
{{- if and (eq (toString .wanted) "true") (not $isKnown) }}
{{- fail (printf "%s: this cluster has no %s, a kind of %s. Install that first, or set %s. helm template is told of kinds by --api-versions %s." .value (base .api) .maker .remedy .api) }}
{{- end }}
{{- if and $isKnown (ne (toString .wanted) "false") }}yes{{ end -}}
{{- end }}

{{/* "yes" where there is to be a ServiceMonitor. */}}
{{- define "store-platform.makesServiceMonitor" -}}
{{- include "store-platform.makes" (dict "root" . "wanted" .Values.monitoring.serviceMonitor.enabled
  "api" "monitoring.coreos.com/v1/ServiceMonitor" "maker" "the Prometheus operator"
  "value" "monitoring.serviceMonitor.enabled" "remedy" "it to auto or false") }}
{{- end }}

{{/* "yes" where there is to be a PrometheusRule. */}}
{{- define "store-platform.makesAlerts" -}}
{{- include "store-platform.makes" (dict "root" . "wanted" .Values.monitoring.alerts.enabled
  "api" "monitoring.coreos.com/v1/PrometheusRule" "maker" "the Prometheus operator"
  "value" "monitoring.alerts.enabled" "remedy" "it to auto or false") }}
{{- end }}

{{/* "yes" where there is to be an HTTPRoute. */}}
{{- define "store-platform.makesRoute" -}}
{{- include "store-platform.makes" (dict "root" . "wanted" (eq .Values.access.by "gateway")
  "api" "gateway.networking.k8s.io/v1/HTTPRoute" "maker" "the Gateway API"
  "value" "access.by: gateway" "remedy" "access.by to ingress or none") }}
{{- end }}

{{/* The paths that the API answers, as a JSON array: all of them where it serves the dashboard too. */}}
{{- define "store-platform.apiPaths" -}}
{{- if .Values.dashboard.enabled -}}
["/graphql", "/config.json"]
{{- else -}}
["/"]
{{- end -}}
{{- end }}
