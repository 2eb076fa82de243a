{{- /* SPDX-License-Identifier: EUPL-1.2 */ -}}
{{- /* The gateway's approvals: name → public key, routes, origin. The realms' Job reads the keys from it too. */ -}}
{{- /* What the gateway answers itself: mash_sdk.manifest.RESERVED, and a test that both are the same. */ -}}
{{- define "mash.reserved" -}}
["/api/asyncapi.json", "/api/openapi.json", "/assets", "/callback", "/healthz", "/life", "/login", "/logout", "/metrics", "/ops", "/readyz"]
{{- end -}}
{{- /* Fails if a program's route is the gateway's own, or a module's is another's: at, above or below it. */ -}}
{{- define "mash.checkRoutes" -}}
{{- $reserved := include "mash.reserved" . | fromJsonArray -}}
{{- $programs := include "mash.programs" . | fromYaml -}}
{{- range $name, $spec := $programs -}}
{{- $isModule := hasKey $.Values.modules $name -}}
{{- $kind := ternary "modules" "services" $isModule -}}
{{- range $route := $spec.routes -}}
{{- range $own := $reserved -}}
{{- if or (hasPrefix (printf "%s/" $own) (printf "%s/" $route)) (hasPrefix (printf "%s/" $route) (printf "%s/" $own)) -}}
{{- fail (printf "%s.%s.routes: %s is the gateway's own (%s); choose another path" $kind $name $route $own) -}}
{{- end -}}
{{- end -}}
{{- range $other, $theirs := $programs -}}
{{- range $their := $theirs.routes -}}
{{- if and $isModule (ne $other $name) (or (hasPrefix (printf "%s/" $their) (printf "%s/" $route)) (hasPrefix (printf "%s/" $route) (printf "%s/" $their))) -}}
{{- fail (printf "modules.%s.routes: %s collides with %s of %s; choose another path" $name $route $their $other) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- define "mash.approvals" -}}
{{- include "mash.checkRoutes" . -}}
{{- $approvals := dict -}}
{{- range $name, $spec := include "mash.programs" . | fromYaml -}}
{{- $origin := include "mash.origin" (dict "root" $ "name" $name) -}}
{{- $_ := set $approvals $name (dict "jwk" $spec.publicKey "routes" $spec.routes "needs" ($spec.needs | default list) "origins" (list $origin) "platform" (hasKey $.Values.services $name)) -}}
{{- end -}}
{{- toPrettyJson $approvals -}}
{{- end -}}
