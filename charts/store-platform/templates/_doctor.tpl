{{/* What makes an object of the doctor a hook; call with its weight: the Job comes after what it uses. */}}
{{- define "store-platform.doctorHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* The doctor's arguments: what the settings do not say is where the platform itself answers. */}}
{{- define "store-platform.doctorArguments" -}}
{{- $access := .Values.access }}
- doctor
- --before-install
{{- if ne $access.by "none" }}
- --host
- {{ ternary "https" "http" $access.tls.enabled }}://{{ $access.host }}
{{- end }}
{{- if eq $access.by "gateway" }}
- --gateway
- {{ list ($access.gateway.namespace | default .Release.Namespace) $access.gateway.name $access.gateway.sectionName | compact | join "/" }}
{{- end }}
{{- end }}

{{/*
A setting that is in a Secret; call with (dict "setting" name "secret" name "key" key). The Secret may be
missing, which Kubernetes would wait for in silence: then the setting is the text "$(FROM_SECRET_…)",
and the doctor says that it is wrong.
*/}}
{{- define "store-platform.doctorSecret" -}}
- name: FROM_SECRET_{{ .setting }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}, optional: true}}
- {name: {{ .setting }}, value: "$(FROM_SECRET_{{ .setting }})"}
{{- end }}

{{/* The API's settings, without the ConfigMap of the release, which is not there yet. */}}
{{- define "store-platform.doctorEnvironment" -}}
{{- range $name, $value := include "store-platform.settings" . | fromYaml }}
- {name: {{ $name }}, value: {{ toString $value | quote }}}
{{- end }}
{{- if include "store-platform.hasPostgresql" . }}
{{ include "store-platform.doctorSecret" (dict "setting" "STORE_PLATFORM_DATABASE_URL" "secret" .Values.database.existingSecret "key" .Values.database.key) }}
{{- end }}
{{- with .Values.limits.redis.existingSecret }}
{{ include "store-platform.doctorSecret" (dict "setting" "STORE_PLATFORM_RATE_LIMIT_STORAGE" "secret" . "key" $.Values.limits.redis.key) }}
{{- end }}
{{- if .Values.backups.enabled }}
{{ include "store-platform.doctorSecret" (dict "setting" "STORE_PLATFORM_BACKUP_KEY" "secret" (include "store-platform.backupKeySecret" .) "key" .Values.backups.key) }}
{{- end }}
{{- if and .Values.mail.host .Values.mail.existingSecret }}
{{- range $part := list "username" "password" }}
{{ include "store-platform.doctorSecret" (dict "setting" (printf "STORE_PLATFORM_SMTP_%s" (upper $part)) "secret" $.Values.mail.existingSecret "key" $part) }}
{{- end }}
{{- end }}
{{- end }}
