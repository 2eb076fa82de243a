{{- /* SPDX-License-Identifier: EUPL-1.2 */ -}}
{{- /* What every pod of the chart has: who it runs as, what it is told, what it is given to read. */ -}}
{{- define "mash.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "mash.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "mash.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* Copies cities and assets into the volume `content`: a read-only image cannot be mounted everywhere yet. */ -}}
{{- define "mash.contentInit" -}}
- name: content
  image: {{ include "mash.image" (dict "root" . "name" "content" "image" .Values.content.image) }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  securityContext:
    {{- include "mash.containerSecurity" . | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {memory: 64Mi}
  volumeMounts:
    - {name: content, mountPath: /data}
{{- end -}}

{{- define "mash.postgresPlace" -}}
{{- with .Values.postgres -}}
{{ .host }}:{{ .port }}/{{ .database }}{{ ternary (printf "?%s" .options) "" (ne .options "") }}
{{- end -}}
{{- end -}}

{{- /* Helm reads every number as a float: 2097152 would become 2.097152e+06. */ -}}
{{- define "mash.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{- /* A program's settings: (dict "root" $ "name" $name "spec" $spec) */ -}}
{{- define "mash.settings" -}}
{{- $values := .root.Values -}}
{{- $prefix := include "mash.environment" .name -}}
{{- $schema := include "mash.schema" .name -}}
{{- $place := include "mash.postgresPlace" .root -}}
- {name: MASH_HTTP, value: "0.0.0.0:8080"}
- {name: MASH_GRPC, value: "0.0.0.0:9090"}
- {name: MASH_ORIGIN, value: {{ include "mash.origin" . | quote }}}
- {name: MASH_PUBLIC_URL, value: {{ $values.publicUrl | quote }}}
- {name: MASH_CITIES, value: /content/cities}
- {name: MASH_KAFKA, value: {{ $values.kafka.bootstrap | quote }}}
- {name: MASH_KAFKA_PARTITIONS, value: {{ $values.kafka.partitions | quote }}}
- {name: MASH_KAFKA_REPLICATION, value: {{ $values.kafka.replication | quote }}}
- {name: MASH_KEYCLOAK, value: {{ $values.keycloak.url | quote }}}
- {name: MASH_CLIENT_KEY, value: /run/secrets/mash/client.pem}
- {name: MASH_TRACE_RATIO, value: {{ $values.telemetry.traceRatio | quote }}}
{{- with $values.telemetry.otlp }}
- {name: MASH_OTLP, value: {{ . | quote }}}
{{- end }}
{{- /* A password stands in the DSN, so it comes from the environment; other secrets are files. */}}
- name: POSTGRES_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .spec.existingSecret }}, key: postgres}}
- name: POSTGRES_WORKER_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .spec.existingSecret }}, key: postgres-worker}}
- name: MASH_POSTGRES
  value: {{ printf "postgresql://mash_%s:$(POSTGRES_PASSWORD)@%s" $schema $place | quote }}
- name: MASH_POSTGRES_WORKER
  value: {{ printf "postgresql://mash_%s_worker:$(POSTGRES_WORKER_PASSWORD)@%s" $schema $place | quote }}
{{- range .spec.needs }}
- name: MASH_{{ include "mash.environment" . }}GRPC
  value: {{ include "mash.fullname" (dict "root" $.root "name" .) }}:9090
{{- end }}
{{- if eq .name (include "mash.gateway" .) }}
- {name: {{ $prefix }}APPROVALS, value: /etc/mash/approvals.json}
- {name: {{ $prefix }}KERN, value: /content/kern}
{{- end }}
{{- range $setting, $value := .spec.env }}
{{- if ne (toString $value) "" }}
- {name: {{ $prefix }}{{ $setting }}, value: {{ include "mash.text" $value | quote }}}
{{- end }}
{{- end }}
{{- range $setting, $key := .spec.secrets }}
- {name: {{ $prefix }}{{ $setting }}_FILE, value: /run/secrets/mash/{{ $key }}}
{{- end }}
{{- end -}}

{{- /* Where the gateway reaches a program, and the only origin it is approved for. */ -}}
{{- define "mash.origin" -}}
http://{{ include "mash.fullname" . }}.{{ .root.Release.Namespace }}.svc:8080
{{- end -}}

{{- define "mash.mounts" -}}
- {name: content, mountPath: /content, readOnly: true}
- {name: secrets, mountPath: /run/secrets/mash, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "mash.volumes" -}}
- name: content
  emptyDir: {sizeLimit: 64Mi}
- name: secrets
  secret:
    secretName: {{ .spec.existingSecret }}
    defaultMode: 0440
    items:
      - {key: client.pem, path: client.pem}
      {{- range $setting, $key := .spec.secrets }}
      - {key: {{ $key }}, path: {{ $key }}}
      {{- end }}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end -}}
