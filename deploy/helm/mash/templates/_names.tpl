{{- /* SPDX-License-Identifier: EUPL-1.2 */ -}}
{{- /* One name, derived forms, as mash_sdk.names has them. The gateway is the one program with a part of its own. */ -}}
{{- define "mash.gateway" -}}portal-gw{{- end -}}

{{- define "mash.schema" -}}{{ . | replace "-" "_" }}{{- end -}}

{{- define "mash.environment" -}}{{ . | replace "-" "_" | upper }}_{{- end -}}

{{- /* (dict "root" $ "name" "forms") → mash-forms for the release mash */ -}}
{{- define "mash.fullname" -}}
{{- $name := printf "%s-%s" .root.Release.Name .name -}}
{{- if gt (len $name) 52 -}}
{{- fail (printf "%s is too long for Kubernetes (52 letters): choose a shorter release name" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "mash.image" -}}
{{- $registry := .root.Values.image.registry | trimSuffix "/" -}}
{{- $prefix := ternary (printf "%s/" $registry) "" (ne $registry "") -}}
{{- $tag := .image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{- $prefix }}{{ .image.repository | default (printf "mash-%s" .name) }}:{{ $tag -}}
{{- end -}}

{{- define "mash.selector" -}}
app.kubernetes.io/name: mash
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "mash.labels" -}}
{{ include "mash.selector" . }}
app.kubernetes.io/part-of: mash
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Services and modules as one dictionary: name → what its values say, over the defaults. YAML. */ -}}
{{- define "mash.programs" -}}
{{- range $name, $_ := .Values.modules -}}
{{- if hasKey $.Values.services $name -}}
{{- fail (printf "modules.%s: the platform has a service of this name; a module needs one of its own" $name) -}}
{{- end -}}
{{- end -}}
{{- $programs := dict -}}
{{- range $name, $own := merge (dict) .Values.services .Values.modules -}}
{{- $_ := set $programs $name (merge (deepCopy $own) (deepCopy $.Values.defaults)) -}}
{{- end -}}
{{- toYaml $programs -}}
{{- end -}}
