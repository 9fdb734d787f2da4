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

{{/* The shop's plan, as JSON. */}}
{{- define "woocommerce.plan" -}}
{{- $known := keys .Values.plans | sortAlpha | join ", " }}
{{- index .Values.plans .Values.plan | required (printf "plan: there is no plan %q; choose one of: %s." .Values.plan $known) | toJson }}
{{- end }}

{{/* The plan that the shop's volumes are as large as, as JSON: an own one, since volumes never shrink. */}}
{{- define "woocommerce.storagePlan" -}}
{{- $known := keys .Values.plans | sortAlpha | join ", " }}
{{- $name := .Values.storagePlan | default .Values.plan }}
{{- index .Values.plans $name | required (printf "storagePlan: there is no plan %q; choose one of: %s." $name $known) | toJson }}
{{- end }}

{{/* How many GiB a size is, to compare two; call with the size. */}}
{{- define "woocommerce.gibibytes" -}}
{{- $size := toString . }}
{{- if hasSuffix "Ti" $size }}{{ mulf 1024 (trimSuffix "Ti" $size) }}{{ else if hasSuffix "Gi" $size }}{{ trimSuffix "Gi" $size }}{{ else }}0{{ end }}
{{- end }}

{{/* CPU, memory and ephemeral storage of a component: its plan's, and over them its own. A plan may be older than `backup`. */}}
{{- define "woocommerce.resources" -}}
{{- $plan := include "woocommerce.plan" .root | fromJson }}
{{- $planned := dig .component "resources" (dict "requests" dict "limits" dict) $plan }}
{{- mergeOverwrite $planned (index .root.Values .component).resources | toYaml }}
{{- end }}

{{/* The spec of a component's volume claim. */}}
{{- define "woocommerce.claim" -}}
{{- $plan := include "woocommerce.storagePlan" .root | fromJson }}
{{- $storage := (index .root.Values .component).storage }}
accessModes: [ReadWriteOnce]
{{- with $storage.className }}
storageClassName: {{ . }}
{{- end }}
resources: {requests: {storage: {{ $storage.size | default (index $plan .component).storage.size }}}}
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

{{/* A container's image, and when it is pulled; call with the image's values. */}}
{{- define "woocommerce.image" -}}
image: {{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}
imagePullPolicy: {{ .pullPolicy }}
{{- end }}

{{/* Mounts of the folders that may be written to and lost; call with their paths. */}}
{{- define "woocommerce.scratchMounts" -}}
{{- range $index, $path := . }}
- {name: scratch-{{ $index }}, mountPath: {{ $path }}}
{{- end }}
{{- end }}

{{/* The volumes of those, each as large as the pod's limit at most; call with (dict "context" $ "paths" paths). */}}
{{- define "woocommerce.scratchVolumes" -}}
{{- $limits := (include "woocommerce.resources" .context | fromYaml).limits }}
{{- $size := get $limits "ephemeral-storage" }}
{{- range $index, $_ := .paths }}
- {name: scratch-{{ $index }}, emptyDir: { {{- if $size }}sizeLimit: {{ $size }}{{ end -}} }}
{{- end }}
{{- end }}

{{/* What every container of the shop itself has in common: web server, sync, setup and cron. */}}
{{- define "woocommerce.shopContainer" -}}
{{ include "woocommerce.image" .Values.wordpress.image }}
{{ include "woocommerce.shopFiles" . }}
{{- end }}

{{/* What they may do, and where their files are. */}}
{{- define "woocommerce.shopFiles" -}}
securityContext: {{- include "woocommerce.containerSecurity" . | nindent 2 }}
workingDir: {{ .Values.wordpress.documentRoot }}
volumeMounts:
  - {name: site, mountPath: {{ .Values.wordpress.contentPath }}, subPath: wp-content}
  {{- include "woocommerce.scratchMounts" .Values.wordpress.scratchPaths | trim | nindent 2 }}
{{- end }}

{{/* Their volumes. */}}
{{- define "woocommerce.shopVolumes" -}}
- {name: site, persistentVolumeClaim: {claimName: {{ include "woocommerce.fullname" .root }}-wordpress}}
{{- include "woocommerce.scratchVolumes" (dict "context" . "paths" .root.Values.wordpress.scratchPaths) }}
{{- end }}

{{/* Where the volume is, and whether a backup comes into it first. */}}
{{- define "woocommerce.contentEnv" -}}
- {name: CONTENT_PATH, value: {{ .Values.wordpress.contentPath }}}
{{- if .Values.restore.enabled }}
- {name: FROM_BACKUP, value: "true"}
{{- end }}
{{- end }}

{{/* The e-mail address of the shop's administrator. */}}
{{- define "woocommerce.adminEmail" -}}
{{ .Values.store.adminEmail | default (printf "admin@%s" .Values.store.host) }}
{{- end }}

{{/* How many requests the web server answers at once. */}}
{{- define "woocommerce.workers" -}}
{{- $plan := include "woocommerce.plan" . | fromJson }}
{{- .Values.wordpress.workers | default $plan.wordpress.workers | default 8 }}
{{- end }}

{{/* Where their mail goes, if it is sent at all; the image's must-use plug-in reads it. A copy sends none. */}}
{{- define "woocommerce.mailEnv" -}}
{{- with .Values.mail }}
{{- if and .host (not $.Values.store.isCopy) }}
- {name: SMTP_HOST, value: {{ .host | quote }}}
- {name: SMTP_PORT, value: {{ .port | quote }}}
- {name: SMTP_SECURITY, value: {{ .security }}}
- {name: SMTP_FROM, value: {{ .from | default (printf "shop@%s" $.Values.store.host) | quote }}}
{{- if .credentialsSecret }}
- name: SMTP_USERNAME
  valueFrom: {secretKeyRef: {name: {{ .credentialsSecret }}, key: username}}
- name: SMTP_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .credentialsSecret }}, key: password}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The web server for the shop's jobs, which ask it what they would ask the shop's own address. */}}
{{- define "woocommerce.server" -}}
{{ include "woocommerce.fullname" . }}-wordpress
{{- end }}

{{/* Their settings; wp-config.php in the image reads them. */}}
{{- define "woocommerce.shopEnv" -}}
- {name: WORDPRESS_DB_HOST, value: {{ printf "%s-mysql" (include "woocommerce.fullname" .) }}}
- {name: WORDPRESS_DB_NAME, value: wordpress}
- {name: WORDPRESS_DB_USER, value: wordpress}
- name: WORDPRESS_DB_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .Values.store.credentialsSecret }}, key: mysql-password}}
- {name: SHOP_URL, value: {{ .Values.store.url | default (printf "http://%s" .Values.store.host) | trimSuffix "/" | quote }}}
{{ include "woocommerce.contentEnv" . }}
- {name: HOME, value: /tmp}
{{- if .Values.store.isCopy }}
- {name: SHOP_IS_COPY, value: "true"}
{{- end }}
{{- include "woocommerce.mailEnv" . }}
{{- end }}

{{/* Where the shop's own jobs run: beside the web server, since one node at a time mounts its volume. */}}
{{- define "woocommerce.besideWordpress" -}}
podAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    - topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels:
          {{- include "woocommerce.selectorLabels" (dict "root" . "component" "wordpress") | nindent 10 }}
{{- end }}
