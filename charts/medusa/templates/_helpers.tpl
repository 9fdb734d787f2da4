{{/* The chart's name. */}}
{{- define "medusa.name" -}}
{{ .Chart.Name }}
{{- end }}

{{/* The prefix of every object's name: the release's. */}}
{{- define "medusa.fullname" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The chart and its version, as a label. */}}
{{- define "medusa.chart" -}}
{{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What picks a component's pods; call with (dict "root" $ "component" name). Never changes. */}}
{{- define "medusa.selectorLabels" -}}
app.kubernetes.io/name: {{ include "medusa.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The labels of a component's pods: the selector's, and the store, by which they are watched. */}}
{{- define "medusa.podLabels" -}}
{{ include "medusa.selectorLabels" . }}
store-platform.dev/store: {{ .root.Values.store.id | quote }}
{{- end }}

{{/* The labels of every other object. */}}
{{- define "medusa.labels" -}}
{{ include "medusa.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: store-platform
helm.sh/chart: {{ include "medusa.chart" .root }}
{{- end }}

{{/* The shop's address, without a slash at its end. */}}
{{- define "medusa.url" -}}
{{ .Values.store.url | default (printf "http://%s" .Values.store.host) | trimSuffix "/" }}
{{- end }}

{{/* The paths that Medusa answers, as a JSON array: its pages, its two APIs with their sign-in, uploads, and what payments call. */}}
{{- define "medusa.serverPaths" -}}
["/app", "/admin", "/store", "/auth", "/static", "/hooks"]
{{- end }}

{{/* The administrator's log-in; engine.yaml tells the platform the same. */}}
{{- define "medusa.adminEmail" -}}
{{ .Values.store.adminEmail | default (printf "admin@%s" .Values.store.host) }}
{{- end }}

{{/* The shop's plan, as JSON. */}}
{{- define "medusa.plan" -}}
{{- $known := keys .Values.plans | sortAlpha | join ", " }}
{{- index .Values.plans .Values.plan | required (printf "plan: there is no plan %q; choose one of: %s." .Values.plan $known) | toJson }}
{{- end }}

{{/* The plan that the shop's volumes are as large as, as JSON: an own one, since volumes never shrink. */}}
{{- define "medusa.storagePlan" -}}
{{- $known := keys .Values.plans | sortAlpha | join ", " }}
{{- $name := .Values.storagePlan | default .Values.plan }}
{{- index .Values.plans $name | required (printf "storagePlan: there is no plan %q; choose one of: %s." $name $known) | toJson }}
{{- end }}

{{/* How many GiB a size is, to compare two; call with the size. */}}
{{- define "medusa.gibibytes" -}}
{{- $size := toString . }}
{{- if hasSuffix "Ti" $size }}{{ mulf 1024 (trimSuffix "Ti" $size) }}{{ else if hasSuffix "Gi" $size }}{{ trimSuffix "Gi" $size }}{{ else }}0{{ end }}
{{- end }}

{{/* CPU, memory and ephemeral storage of a component: its plan's, and over them its own. A plan may be older than `backup`. */}}
{{- define "medusa.resources" -}}
{{- $plan := include "medusa.plan" .root | fromJson }}
{{- $planned := dig .component "resources" (dict "requests" dict "limits" dict) $plan }}
{{- mergeOverwrite $planned (index .root.Values .component).resources | toYaml }}
{{- end }}

{{/* The spec of a component's volume claim. */}}
{{- define "medusa.claim" -}}
{{- $plan := include "medusa.storagePlan" .root | fromJson }}
{{- $storage := (index .root.Values .component).storage }}
accessModes: [ReadWriteOnce]
{{- with $storage.className }}
storageClassName: {{ . }}
{{- end }}
resources: {requests: {storage: {{ $storage.size | default (index $plan .component).storage.size }}}}
{{- end }}

{{/* What every pod has: no token, the restricted standard, the user that owns its volume. */}}
{{- define "medusa.podBase" -}}
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
{{- define "medusa.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* A container's image, and when it is pulled; call with the image's values. */}}
{{- define "medusa.image" -}}
image: {{ include "medusa.reference" . }}
imagePullPolicy: {{ .pullPolicy }}
{{- end }}

{{/* An image's name with its tag, and its digest if it is known; call with the image's values. */}}
{{- define "medusa.reference" -}}
{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}

{{/* Mounts of the folders that may be written to and lost; call with their paths. */}}
{{- define "medusa.scratchMounts" -}}
{{- range $index, $path := . }}
- {name: scratch-{{ $index }}, mountPath: {{ $path }}}
{{- end }}
{{- end }}

{{/* The volumes of those, each as large as the pod's limit at most; call with (dict "context" $ "paths" paths). */}}
{{- define "medusa.scratchVolumes" -}}
{{- $limits := (include "medusa.resources" .context | fromYaml).limits }}
{{- $size := get $limits "ephemeral-storage" }}
{{- range $index, $_ := .paths }}
- {name: scratch-{{ $index }}, emptyDir: { {{- if $size }}sizeLimit: {{ $size }}{{ end -}} }}
{{- end }}
{{- end }}

{{/* A variable with a value of the store's Secret; call with (dict "root" $ "name" name "key" key). */}}
{{- define "medusa.secretEnv" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .root.Values.store.credentialsSecret }}, key: {{ .key }}}}
{{- end }}

{{/* Where the database is, and for which image it has to be set up. */}}
{{- define "medusa.databaseEnv" -}}
- {name: PGHOST, value: {{ include "medusa.fullname" . }}-postgres}
- {name: PGPORT, value: "5432"}
- {name: PGDATABASE, value: medusa}
- {name: PGUSER, value: medusa}
{{ include "medusa.secretEnv" (dict "root" . "name" "PGPASSWORD" "key" "postgres-password") }}
- {name: SET_UP_BY, value: {{ include "medusa.reference" .Values.medusa.image | quote }}}
{{- end }}

{{/* The settings of the server and of its set-up; medusa-config.js in the image reads them. */}}
{{- define "medusa.serverEnv" -}}
{{ include "medusa.databaseEnv" . }}
- {name: SHOP_URL, value: {{ include "medusa.url" . | quote }}}
{{ include "medusa.secretEnv" (dict "root" . "name" "JWT_SECRET" "key" "jwt-secret") }}
{{ include "medusa.secretEnv" (dict "root" . "name" "COOKIE_SECRET" "key" "cookie-secret") }}
{{ include "medusa.mailEnv" . }}
{{- end }}

{{/* How mail leaves; the set-up has it too, since whoever starts Medusa writes down who sends for it. A copy sends none. */}}
{{- define "medusa.mailEnv" -}}
{{- with .Values.mail }}
{{- if and .host (not $.Values.store.isCopy) }}
- {name: SMTP_HOST, value: {{ .host | quote }}}
- {name: SMTP_PORT, value: {{ .port | quote }}}
- {name: SMTP_SECURITY, value: {{ .security }}}
- {name: SMTP_FROM, value: {{ .from | default (printf "shop@%s" $.Values.store.host) | quote }}}
- {name: MERCHANT_EMAIL, value: {{ $.Values.store.adminEmail | quote }}}
{{- if .credentialsSecret }}
- name: SMTP_USERNAME
  valueFrom: {secretKeyRef: {name: {{ .credentialsSecret }}, key: username}}
- name: SMTP_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .credentialsSecret }}, key: password}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The key by which the storefront says which shop it is of: public, and the same in every pod. */}}
{{- define "medusa.publishableKeyEnv" -}}
{{ include "medusa.secretEnv" (dict "root" . "name" "PUBLISHABLE_TOKEN" "key" "publishable-token") }}
- {name: PUBLISHABLE_KEY, value: pk_$(PUBLISHABLE_TOKEN)}
{{- end }}
