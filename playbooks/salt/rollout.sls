{#- Rolls a version out batch after batch, or back, and stops at the first batch that fails or has a minion down.

    salt-run state.orchestrate rollout pillar='{"version": "1.4.2", "sls": "app"}'

    `regal-inventory export salt-orchestrate` puts the plan in front of this text; without it the plan is a pillar key.
    README.md beside the original has every key of the pillar.

    Every batch requires the one before it, and salt.state fails where a minion fails or is down. `fail_minions` and
    `allow_fail` would make a minion that is down count as updated: do not add them. -#}
{%- set plan = plan | default(pillar.get('plan', {})) %}
{%- if plan is not mapping or not plan %}
{{- raise('rollout: there is no plan; write this file with regal-inventory export salt-orchestrate, or give the pillar key plan') }}
{%- endif %}
{%- set version = pillar.get('version', (plan | list)[0] if plan | length == 1 else none) %}
{%- if version is not string or not version %}
{{- raise('rollout: the pillar key version is missing or no string: quote it, as in {"version": "1.10"}; the plan has ' ~ plan | join(', ')) }}
{%- endif %}
{%- if version not in plan %}
{{- raise('rollout: the plan has no version ' ~ version ~ '; it has ' ~ plan | join(', ')) }}
{%- endif %}
{%- set sls = pillar.get('sls') %}
{%- set sls = [sls] if sls is string and sls else sls %}
{%- if sls is not sequence or sls is string or sls is mapping or not sls %}
{{- raise('rollout: the pillar key sls is missing: the states that bring a minion to a version, as in {"sls": "app"}') }}
{%- endif %}
{%- set rollback = pillar.get('rollback') %}
{%- if rollback is not none and (rollback is not string or not rollback or rollback == version) %}
{{- raise('rollout: the pillar key rollback is the version to go back to, a string other than ' ~ version) }}
{%- endif %}
{%- set batches = plan[version].batches %}
{%- if not batches %}
{{- raise('rollout: version ' ~ version ~ ' has no batches') }}
{%- endif %}
{%- set ordered = batches | reverse | list if rollback else batches %}
{%- set stages = ordered | map(attribute='stage') | list %}
{%- set from = pillar.get('from', stages | first) %}
{%- set to = pillar.get('to', stages | last) %}
{%- if from not in stages or to not in stages %}
{{- raise('rollout: from and to are batches of version ' ~ version ~ ': ' ~ stages | join(', ')) }}
{%- endif %}
{%- set start, end = stages.index(from), stages.index(to) %}
{%- if start > end %}
{{- raise('rollout: ' ~ from ~ ' comes after ' ~ to ~ ' in ' ~ stages | join(', ')) }}
{%- endif %}
{#- Approval is a run of its own: this one stops before the asked end, and says how to go on. #}
{%- set asked = end %}
{%- set approval = 'never' if rollback or pillar.get('approved') else plan[version].approval %}
{%- if approval == 'each_batch' or (approval == 'after_canary' and start == 0) %}
{%- set end = start %}
{%- endif %}
{%- set chosen = ordered[start:end + 1] %}
{#- Salt skips an id without an accepted key, and the batch would count as done. #}
{%- set keys = salt['saltutil.wheel']('key.list', 'accepted') %}
{%- set accepted = keys.get('return', keys.get('data', {}).get('return', {})).get('minions', []) %}
{%- for batch in chosen %}
{%- if not batch.hosts %}
{{- raise('rollout: batch ' ~ batch.group ~ ' has no minions') }}
{%- endif %}
{%- if opts.get('nodegroups', {}).get(batch.group) != batch.hosts %}
{{- raise('rollout: the nodegroup ' ~ batch.group ~ ' is missing or differs from this plan; export both files again') }}
{%- endif %}
{%- set missing = batch.hosts | difference(accepted) %}
{%- if missing %}
{{- raise('rollout: no accepted key of ' ~ missing | join(', ') ~ ' in ' ~ batch.group ~ '; Salt would skip it') }}
{%- endif %}
{%- endfor %}
{%- set before = namespace(id=none) %}
{%- for batch in chosen %}
{{ batch.group | json }}:
  salt.state:
    - tgt: {{ batch.group | json }}
    - tgt_type: nodegroup
    - sls: {{ sls | json }}
    - pillar: {{ {'release': rollback or version, 'batch': batch.stage} | json }}
{%- if before.id %}
    - require:
      - salt: {{ before.id | json }}
{%- endif %}
{%- set before.id = batch.group %}
{%- if batch.bake and not loop.last and not rollback %}
{{ ('bake ' ~ batch.group) | json }}:
  salt.runner:
    - name: test.sleep
    - s_time: {{ batch.bake | int }}
    - require:
      - salt: {{ batch.group | json }}
{%- set before.id = 'bake ' ~ batch.group %}
{%- endif %}
{%- endfor %}
{%- if end < asked %}
{{ ('approve ' ~ stages[end + 1]) | json }}:
  test.show_notification:
    - text: {{ ('stopped for approval; go on with the pillar key "from": "' ~ stages[end + 1] ~ '"') | json }}
    - require:
      - salt: {{ before.id | json }}
{%- endif %}
