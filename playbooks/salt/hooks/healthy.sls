{#- After the states, on the master: each minion has a minute to serve the version. -#}
{%- for host in pillar['rollout']['hosts'] %}
{{ ('healthy ' ~ host) | json }}:
  http.wait_for_successful_query:
    - name: {{ ('http://' ~ host ~ ':8080/version') | json }}
    - status: 200
    - match: {{ pillar['rollout']['version'] | json }}
    - match_type: string
    - wait_for: 60
    - request_interval: 2
{%- endfor %}
