{#- Before a batch, on its minions: a file by which their health check says no, so that the load balancer sends no new requests. -#}
{%- set hosts = pillar['rollout']['hosts'] %}
drain:
  salt.function:
    - name: file.touch
    - tgt: {{ hosts | json }}
    - tgt_type: list
    - arg: [/run/shop.drain]

wait for requests:
  salt.runner:
    - name: test.sleep
    - s_time: 10
    - require:
      - salt: drain
