#!/bin/sh
# Lints what the agent changed in this turn. What is found sends the agent back to work, once.
# hookrail: paths = {{ tools.lint.paths | toml }}
# hookrail: changed = "turn"
# hookrail: can_block = true
# hookrail: timeout = "2m"
{% set check = tools.lint %}
{% include "check" %}
