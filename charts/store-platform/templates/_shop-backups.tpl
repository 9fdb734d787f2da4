{{/*
"yes" where shops may have backups, else nothing. A Secret that is named counts, and not whether backups are
enabled: shops of a time when they were have the objects of backups still, which go with them.
*/}}
{{- define "store-platform.hasShopBackups" -}}
{{- if or .Values.backups.enabled .Values.backups.existingSecret }}yes{{ end -}}
{{- end }}

{{/* The Secret with the key of all backups. */}}
{{- define "store-platform.backupKeySecret" -}}
{{- $remedy := "backups.enabled: name a Secret in backups.existingSecret. Make one with: openssl rand -hex 32 | kubectl create secret generic shop-backups --namespace %s --from-file=%s=/dev/stdin. Keep a copy of it outside of the cluster: without it no backup can be read." }}
{{- required (printf $remedy .Release.Namespace .Values.backups.key) .Values.backups.existingSecret -}}
{{- end }}

{{/* The server that takes backups: its Deployment and its Service. */}}
{{- define "store-platform.backupServer" -}}
{{ include "store-platform.fullname" . }}-backups
{{- end }}

{{/* The Secret with the accounts that it knows, and the Role by which the platform writes them. */}}
{{- define "store-platform.backupAccounts" -}}
{{ include "store-platform.fullname" . }}-backup-accounts
{{- end }}

{{/*
The CronJob that removes old backups, and its Secret, by which the platform says which. The alerts find it by
"store-platform" in it, and a CronJob's name may have 52 characters: as backupName, above all.
*/}}
{{- define "store-platform.backupRemoval" -}}
{{- $name := include "store-platform.fullname" . }}
{{- if gt (len $name) 37 }}
{{- $name = printf "%s-store-platform" ($name | trunc 22 | trimSuffix "-") }}
{{- end -}}
{{ $name }}-backup-removal
{{- end }}

{{/* The volume claim that shops' backups are kept on. */}}
{{- define "store-platform.shopBackupClaim" -}}
{{ .Values.backups.server.storage.existingClaim | default (printf "%s-shop-backups" (include "store-platform.fullname" .)) }}
{{- end }}

{{/* What the API is told of backups. */}}
{{- define "store-platform.backupSettings" -}}
STORE_PLATFORM_BACKUP_REPOSITORY: rest:http://{{ include "store-platform.backupServer" . }}.{{ .Release.Namespace }}.svc:8000
STORE_PLATFORM_BACKUP_ACCOUNTS: {{ .Release.Namespace }}/{{ include "store-platform.backupAccounts" . }}
STORE_PLATFORM_BACKUP_REMOVAL: {{ .Release.Namespace }}/{{ include "store-platform.backupRemoval" . }}
STORE_PLATFORM_BACKUP_CHECK_DAYS: {{ .Values.backups.check.days | quote }}
STORE_PLATFORM_MAX_CONCURRENT_BACKUP_CHECKS: {{ .Values.backups.check.concurrent | quote }}
STORE_PLATFORM_BACKUP_KEEP_ALL_DAYS: {{ .Values.backups.keep.allDays | quote }}
STORE_PLATFORM_BACKUP_KEEP_DAYS: {{ .Values.backups.keep.days | quote }}
STORE_PLATFORM_BACKUP_KEEP_WEEKS: {{ .Values.backups.keep.weeks | quote }}
STORE_PLATFORM_BACKUP_KEEP_MONTHS: {{ .Values.backups.keep.months | quote }}
STORE_PLATFORM_BACKUP_KEEP_DELETED_DAYS: {{ .Values.backups.keep.deletedDays | quote }}
STORE_PLATFORM_BACKUP_INTERVAL_HOURS: {{ .Values.backups.intervalHours | quote }}
STORE_PLATFORM_MAX_CONCURRENT_BACKUPS: {{ .Values.backups.concurrent | quote }}
{{- end }}

{{/* The key in the environment of whatever reads the settings, which are refused without it. */}}
{{- define "store-platform.backupKeyEnv" -}}
{{- if .Values.backups.enabled }}
- name: STORE_PLATFORM_BACKUP_KEY
  valueFrom: {secretKeyRef: {name: {{ include "store-platform.backupKeySecret" . }}, key: {{ .Values.backups.key }}}}
{{- end }}
{{- end }}
