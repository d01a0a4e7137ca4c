{{/* Which objects belong to this release. */}}
{{- define "myoguide.labels" -}}
app.kubernetes.io/name: myoguide
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "myoguide.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* Pods of both kinds run as nobody in particular and cannot change themselves. */}}
{{- define "myoguide.pod" -}}
automountServiceAccountToken: false
serviceAccountName: {{ .Release.Name }}-myoguide
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 512Mi}
  - name: var
    emptyDir: {sizeLimit: 64Mi}
{{- end }}

{{- define "myoguide.container" -}}
image: {{ include "myoguide.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: var, mountPath: /app/var}
{{- end }}

{{/* One JSON object a line, for whatever collects them; `environment` may say otherwise. */}}
{{- define "myoguide.logs" -}}
{{- range $name, $value := dict "MYOGUIDE_LOGS" "json" "PYTHONWARNINGS" "ignore" }}
{{- if not (hasKey $.Values.environment $name) }}
- name: {{ $name }}
  value: {{ $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* Spread over machines and zones as far as there are any. Takes the component's name. */}}
{{- define "myoguide.spread" -}}
topologySpreadConstraints:
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "myoguide.labels" $.root | nindent 8 }}
        app.kubernetes.io/component: {{ $.component }}
{{- end }}
{{- end }}
