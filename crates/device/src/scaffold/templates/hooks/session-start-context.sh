#!/bin/sh
# Tells a new session what it works with: the model reads what this prints.
# hookrail: timeout = "10s"
# The state of git and the last turns come from `context` in hookrail.toml.
{% include "path" %}

{% if manager %}
echo "This is a {{ title }} project; its dependencies are kept by {{ manager }}."
{% endif %}
{% for it in tools.versions %}
command -v {{ it.program }} >/dev/null && {{ it.command }}
{% endfor %}
{% if tools.missing %}
{{ tools.missing.test }} || echo "{{ tools.missing.told }}: run hookrail setup init."
{% endif %}
{% if commands %}
cat <<'END'
{% for it in commands %}
To {{ it.name }}: {{ it.command }}
{% endfor %}
END
{% else %}
# echo "Run the tests with: …"
exit 0
{% endif %}
