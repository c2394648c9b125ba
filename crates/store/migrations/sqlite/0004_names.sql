-- What a project calls its MCP servers. `raw` is a server's name as it is in its tools' names, or a pattern with `*`.
CREATE TABLE server_names (
    raw         TEXT PRIMARY KEY CHECK (raw <> ''),
    display     TEXT NOT NULL CHECK (display <> ''),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    by          TEXT
) STRICT, WITHOUT ROWID;

-- The raw name of the MCP server a tool call went to. Calls from before have none: their tool's name tells.
ALTER TABLE tool_calls ADD COLUMN server TEXT;

-- A roll-up as `tool_usage` is; in this order, so that a server's sum and its last minute are each one range.
CREATE TABLE server_usage (
    level       INTEGER NOT NULL,
    server      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    calls       INTEGER NOT NULL,
    errors      INTEGER NOT NULL,
    PRIMARY KEY (level, server, at)
) STRICT, WITHOUT ROWID;

-- Titles given to sessions from outside their events: by a model that was asked for one.
CREATE TABLE session_titles (
    session     INTEGER PRIMARY KEY,
    title       TEXT NOT NULL CHECK (title <> ''),
    at          INTEGER NOT NULL
) STRICT;
