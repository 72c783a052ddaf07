{#- A rollout as a state: batch after batch, by the runner regal.rollout (_runners/regal.py beside the original of this file).

    salt-run state.orchestrate rollout pillar='{"rollout": {"sls": "app", "version": "1.4.2"}}'

    The pillar key `rollout` has the options of the runner, and only the call may give it: the runner refuses one of the site's own pillar.
    The plan is the one in this file if an export wrote it; otherwise the pillar key `rollout_plan`, or the file that the option `plan` names. #}
the rollout:
  salt.runner:
    - name: regal.rollout
    - plan: {{ plan | default(pillar.get('rollout_plan', '')) | json }}
    - options: {{ pillar.get('rollout', {}) | json }}
    - pillar_keys: {{ pillar | list | json }}
