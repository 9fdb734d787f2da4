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

{{/* "yes" where backups are kept in a bucket of an S3, else nothing. */}}
{{- define "store-platform.hasS3" -}}
{{- with .Values.backups.s3 }}
{{- if .endpoint -}}
{{- $_ := required "backups.s3.endpoint: name the bucket in backups.s3.bucket." .bucket }}
{{- if not .existingSecret }}
{{- fail (printf "backups.s3.endpoint: name a Secret with the keys of the S3 in backups.s3.existingSecret. Make one with: kubectl create secret generic shop-backups-s3 --namespace %s --from-file=access-key-id --from-file=secret-access-key, of two files without a line break at the end." $.Release.Namespace) }}
{{- end }}
{{- if $.Values.backups.server.storage.existingClaim }}
{{- fail "backups.s3.endpoint: backups are kept in one place. Set either this or backups.server.storage.existingClaim." }}
{{- end -}}
yes
{{- else if or .bucket .existingSecret }}
{{- fail "backups.s3: name the S3 in backups.s3.endpoint, such as https://s3.eu-central-1.amazonaws.com. Without it, backups would be kept on a volume." }}
{{- end }}
{{- end -}}
{{- end }}

{{/* "yes" where the loss of the cluster is that of the backups too, else nothing. */}}
{{- define "store-platform.backupsAreInCluster" -}}
{{- $host := regexFind "//[^/:]+" .Values.backups.s3.endpoint | trimPrefix "//" }}
{{- if or (not (contains "." $host)) (regexMatch "\\.svc($|\\.)" $host) }}yes{{ end -}}
{{- end }}

{{/* How rclone reaches the bucket; restic does so through it. */}}
{{- define "store-platform.s3Env" -}}
{{- with .Values.backups.s3 }}
- {name: BACKUP_PLACE, value: {{ printf "backups:%s" .bucket }}{{ with .prefix }}/{{ . }}{{ end }}}
- {name: RCLONE_CONFIG, value: /dev/null} # it is all here
- {name: RCLONE_CONFIG_BACKUPS_TYPE, value: s3}
- {name: RCLONE_CONFIG_BACKUPS_PROVIDER, value: {{ .provider }}}
- {name: RCLONE_CONFIG_BACKUPS_ENDPOINT, value: {{ .endpoint | quote }}}
- {name: RCLONE_CONFIG_BACKUPS_REGION, value: {{ .region | quote }}}
- name: RCLONE_CONFIG_BACKUPS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ .existingSecret }}, key: access-key-id}}
- name: RCLONE_CONFIG_BACKUPS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .existingSecret }}, key: secret-access-key}}
- {name: RCLONE_CONFIG_BACKUPS_NO_CHECK_BUCKET, value: "true"} # or it would make one where the name is wrong
# An S3 that is away is told of soon. restic tries again for longer.
- {name: RCLONE_CONTIMEOUT, value: 10s}
- {name: RCLONE_LOW_LEVEL_RETRIES, value: "3"}
{{- end }}
{{- if .Values.trustedAuthorities.configMap }}
- {name: SSL_CERT_DIR, value: /etc/store-platform/authorities} # besides the image's own
{{- end }}
{{- end }}

{{/* Rules that let a pod go to the S3: the cluster's DNS, and any address at the port of its URL. */}}
{{- define "store-platform.s3Rules" -}}
{{- include "store-platform.dnsRule" . }}
- ports: [{protocol: TCP, port: {{ include "store-platform.port" .Values.backups.s3.endpoint }}}]
  to: {{- include "store-platform.anywhere" . | nindent 4 }}
{{- end }}

{{/* What the API is told of backups. */}}
{{- define "store-platform.backupSettings" -}}
STORE_PLATFORM_BACKUP_REPOSITORY: rest:http://{{ include "store-platform.backupServer" . }}.{{ .Release.Namespace }}.svc:8000
STORE_PLATFORM_BACKUP_ACCOUNTS: {{ .Release.Namespace }}/{{ include "store-platform.backupAccounts" . }}
STORE_PLATFORM_BACKUP_REMOVAL: {{ .Release.Namespace }}/{{ include "store-platform.backupRemoval" . }}
STORE_PLATFORM_BACKUP_IN_CLUSTER: {{ ternary "true" "false" (eq (include "store-platform.backupsAreInCluster" .) "yes") | quote }}
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
