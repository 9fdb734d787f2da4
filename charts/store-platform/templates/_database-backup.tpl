{{/*
The name of the CronJob that makes backups. A CronJob's may have 52 characters, and the alerts find it by
"store-platform" in it, so a release with a long name loses of its own.
*/}}
{{- define "store-platform.backupName" -}}
{{- $name := include "store-platform.fullname" . }}
{{- if gt (len $name) 36 }}
{{- $name = printf "%s-store-platform" ($name | trunc 21 | trimSuffix "-") }}
{{- end -}}
{{ $name }}-database-backup
{{- end }}

{{/* The volume claim that backups are kept on. */}}
{{- define "store-platform.backupClaim" -}}
{{ .Values.database.backup.storage.existingClaim | default (printf "%s-backups" (include "store-platform.fullname" .)) }}
{{- end }}

{{/* What a Job does that makes a backup. */}}
{{- define "store-platform.backupJob" -}}
{{- $context := dict "root" $ "component" "database-backup" "user" 10001 -}}
{{- $isPostgresql := include "store-platform.hasPostgresql" . -}}
backoffLimit: 6 # the database may be away, or not yet made, for some minutes
activeDeadlineSeconds: 3600
template:
  metadata:
    labels: {{- include "store-platform.selectorLabels" $context | nindent 6 }}
  spec:
    restartPolicy: Never
    automountServiceAccountToken: false
    {{- include "store-platform.podBase" $context | nindent 4 }}
    {{- if not $isPostgresql }}
    # The state volume can be used on one node at a time, so this pod has to be on the API's. Its own label is
    # among those that it asks for: so it also has a node where no API runs.
    affinity:
      podAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          - topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels:
                app.kubernetes.io/name: {{ include "store-platform.name" . }}
                app.kubernetes.io/instance: {{ .Release.Name }}
              matchExpressions:
                - {key: app.kubernetes.io/component, operator: In, values: [api, database-backup]}
    {{- end }}
    containers:
      - name: backup
        image: {{ include "store-platform.image" (dict "root" $ "image" .Values.api.image) }}
        imagePullPolicy: {{ .Values.api.image.pullPolicy }}
        securityContext: {{- include "store-platform.containerSecurity" . | nindent 10 }}
        args: [database, backup, --to, /backups, --keep, {{ .Values.database.backup.keep | int | quote }}]
        env:
          {{- if $isPostgresql }}
          - name: STORE_PLATFORM_DATABASE_URL
            valueFrom: {secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.key }}}}
          {{- else }}
          - {name: STORE_PLATFORM_DATABASE_URL, value: {{ include "store-platform.sqliteUrl" . | quote }}}
          {{- end }}
        terminationMessagePolicy: FallbackToLogsOnError
        resources: {{- toYaml .Values.database.backup.resources | nindent 10 }}
        volumeMounts:
          {{- if not $isPostgresql }}
          # Not read-only: where the API does not run, SQLite makes the index of its write-ahead log beside the
          # file before anybody can read it, and recovers a log that a killed process has left.
          - {name: state, mountPath: /var/lib/store-platform}
          {{- end }}
          - {name: backups, mountPath: /backups}
          - {name: tmp, mountPath: /tmp}
          {{- with include "store-platform.authoritiesMount" . | trim }}
          {{- . | nindent 10 }}
          {{- end }}
    volumes:
      {{- if not $isPostgresql }}
      - {name: state, persistentVolumeClaim: {claimName: {{ include "store-platform.fullname" . }}-state}}
      {{- end }}
      - {name: backups, persistentVolumeClaim: {claimName: {{ include "store-platform.backupClaim" . }}}}
      - {name: tmp, emptyDir: {}}
      {{- with include "store-platform.authoritiesVolume" . | trim }}
      {{- . | nindent 6 }}
      {{- end }}
{{- end }}
