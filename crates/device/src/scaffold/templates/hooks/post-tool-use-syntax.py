#!/usr/bin/env python3
# Tells the agent at once where it left a JSON or TOML file that cannot be read.
# hookrail: tools = "Edit|MultiEdit|Write"
# hookrail: paths = {{ data | toml }}
# hookrail: timeout = "10s"
import json
import os
import sys
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python before 3.11 reads no TOML
    tomllib = None


def mistake(path):
    """What is wrong with a file, or nothing."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            json.loads(text)
        elif tomllib:
            tomllib.loads(text)
    except ValueError as error:  # what all three raise for what they cannot read
        return f"{path}: {error}"
    return None


files = [Path(line) for line in os.environ.get("HOOKRAIL_FILES", "").splitlines()]
mistakes = [told for told in map(mistake, filter(Path.is_file, files)) if told]
if mistakes:
    print("\n".join(mistakes), file=sys.stderr)
    sys.exit(2)  # the agent reads what is on standard error
