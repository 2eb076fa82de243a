{{- /* SPDX-License-Identifier: EUPL-1.2 */ -}}
{{- /* The gateway's approvals: name → public key, routes, origin. The realms' Job reads the keys from it too. */ -}}
{{- define "mash.approvals" -}}
{{- $approvals := dict -}}
{{- range $name, $spec := include "mash.programs" . | fromYaml -}}
{{- $origin := include "mash.origin" (dict "root" $ "name" $name) -}}
{{- $_ := set $approvals $name (dict "jwk" $spec.publicKey "routes" $spec.routes "origins" (list $origin)) -}}
{{- end -}}
{{- toPrettyJson $approvals -}}
{{- end -}}
