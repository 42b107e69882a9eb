{{/* The release's full name, the stem of all names. */}}
{{- define "cityneg.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of one service. Called with a dict of root and service. */}}
{{- define "cityneg.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end -}}

{{- define "cityneg.labels" -}}
{{ include "cityneg.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "cityneg.image" -}}
{{ .root.Values.image.repository }}/{{ .service }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end -}}

{{- define "cityneg.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "cityneg.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Where a service is called: a dict of root and service. */}}
{{- define "cityneg.address" -}}
{{ include "cityneg.fullname" .root }}-{{ .service }}:{{ (index .root.Values .service).port }}
{{- end -}}

{{/*
"true" where a service's data lie in a volume claim. What the StatefulSet has already stays, since its claims cannot be
changed. With `auto` a cluster that can be asked and has no default StorageClass gets none; one that cannot be asked
(helm template) gets claims.
*/}}
{{- define "cityneg.claims" -}}
{{- $name := printf "%s-%s" (include "cityneg.fullname" .root) .service -}}
{{- $existing := lookup "apps/v1" "StatefulSet" .root.Release.Namespace $name -}}
{{- if kindIs "bool" .root.Values.persistence.enabled -}}
{{- .root.Values.persistence.enabled -}}
{{- else if $existing -}}
{{- not (empty $existing.spec.volumeClaimTemplates) -}}
{{- else if .root.Values.persistence.storageClass -}}
true
{{- else if not (lookup "v1" "Namespace" "" "kube-system") -}}
true
{{- else -}}
{{- $default := false -}}
{{- range (lookup "storage.k8s.io/v1" "StorageClass" "" "").items -}}
{{- if eq (dig "metadata" "annotations" "storageclass.kubernetes.io/is-default-class" "" .) "true" -}}
{{- $default = true -}}
{{- end -}}
{{- end -}}
{{- $default -}}
{{- end -}}
{{- end -}}

{{/* The time a pod has to end: drain, five seconds for rows on their way to Kafka, five to spare. */}}
{{- define "cityneg.grace" -}}
{{- add (div (add .Values.drain.pauseMs .Values.drain.graceMs 999) 1000) 10 -}}
{{- end -}}
