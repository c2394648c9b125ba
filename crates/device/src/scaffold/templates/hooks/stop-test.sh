#!/bin/sh
# Runs the tests where the agent changed sources in this turn. A failure sends the agent back to work, once.
# Too slow for every turn? Delete this file: `hookrail init` will not bring it back.
{% if tools.test.paths %}
# hookrail: paths = {{ tools.test.paths | toml }}
{% endif %}
# hookrail: changed = "turn"
# hookrail: can_block = true
# hookrail: timeout = "4m"
{% set check = tools.test %}
{% include "check" %}
