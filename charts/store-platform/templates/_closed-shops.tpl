{{/*
How visitors of closed shops get to the platform, as JSON: the `url` of shops, the wildcard `host` (empty where
they do not), and what leads there as it leads to shops: `isByIngress` with its `className`, and `gateways`.
*/}}
{{- define "store-platform.closedShops" -}}
{{- $given := .Values.closedShops }}
{{- $url := get .Values.api.extraEnv "STORE_PLATFORM_SHOP_URL" | default .Values.stores.url }}
{{- $host := regexReplaceAll "^https?://([^/:]*).*$" $url "${1}" }}
{{- $isWildcard := regexMatch "^[{]name[}][.][^{}]+$" $host }}
{{- if and (eq (toString $given.enabled) "true") (not $isWildcard) }}
{{- fail (printf "closedShops.enabled: {name} has to be the whole first label of the shops' hosts, and stores.url is %s: an Ingress has no other wildcard. Set closedShops.enabled to auto or false." $url) }}
{{- end }}
{{- $isMade := and $isWildcard (ne (toString $given.enabled) "false") }}
{{- $ways := include "store-platform.shopWays" . | fromJson }}
{{- $classes := ternary (list $given.ingress.className) $ways.classes (ne $given.ingress.className "") }}
{{- if and $isMade (gt (len $classes) 1) }}
{{- fail (printf "closedShops.ingress.className: shops have several ingress classes (%s). Name the one whose controller leads visitors of closed shops to the platform." (join ", " $classes)) }}
{{- end }}
{{- dict "url" $url "host" (ternary (trimPrefix "{name}" $host | printf "*%s") "" $isMade)
  "isByIngress" $ways.isByIngress "className" (first $classes | default "") "gateways" $ways.gateways | toJson -}}
{{- end }}

{{/* How shops are reached by what the operator says of their engines, as JSON. By Ingress, unless they say otherwise. */}}
{{- define "store-platform.shopWays" -}}
{{- $isByIngress := empty .Values.stores.values }}
{{- $classes := list }}
{{- $gateways := list }}
{{- range .Values.stores.values }}
{{- if dig "gateway" "enabled" false . }}
{{- $gateways = append $gateways (pick .gateway "name" "namespace" "sectionName") }}
{{- else if dig "ingress" "enabled" true . }}
{{- $isByIngress = true }}
{{- $classes = append $classes (dig "ingress" "className" "" .) }}
{{- end }}
{{- end }}
{{- dict "isByIngress" $isByIngress "classes" (uniq $classes) "gateways" (uniq $gateways) | toJson -}}
{{- end }}

{{/* "yes" where visitors of closed shops get to the platform, else nothing. */}}
{{- define "store-platform.hasClosedShops" -}}
{{- if (include "store-platform.closedShops" . | fromJson).host }}yes{{ end -}}
{{- end }}

{{/* "yes" where there is to be an HTTPRoute for them. */}}
{{- define "store-platform.makesClosedRoute" -}}
{{- include "store-platform.makes" (dict "root" . "wanted" .Values.closedShops.enabled
  "api" "gateway.networking.k8s.io/v1/HTTPRoute" "maker" "the Gateway API"
  "value" "closedShops.enabled" "remedy" "it to auto or false") }}
{{- end }}
