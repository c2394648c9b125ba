#!/bin/sh
# Keeps the agent from writing what a program writes. It runs for these paths alone, so nothing is left to decide.
# hookrail: tools = "Edit|MultiEdit|Write|NotebookEdit"
# hookrail: paths = {{ tools.generated.paths | toml }}
# hookrail: can_block = true
# hookrail: timeout = "5s"

echo "Not to be edited: $HOOKRAIL_FILES" >&2
echo {{ ("Instead: " ~ tools.generated.instead ~ ".") | sh }} >&2
exit 2
