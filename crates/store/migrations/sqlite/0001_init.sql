-- The record. Times are nanoseconds since the Unix epoch unless a column says otherwise.

-- Events live in blocks of up to a few hundred, in the order of arrival. A block's narrow row says which events it
-- holds and, by a Bloom filter over their texts and the span of their times, which questions it cannot answer.
CREATE TABLE blocks (
    first_seq   INTEGER PRIMARY KEY,
    count       INTEGER NOT NULL,
    min_at      INTEGER NOT NULL,   -- occurred_at, earliest and latest
    max_at      INTEGER NOT NULL,
    received_at INTEGER NOT NULL,   -- of the last event; grows with first_seq unless the clock is set back
    raw_len     INTEGER NOT NULL,   -- bytes of payload before compression
    bloom       BLOB NOT NULL
) STRICT;

-- What a block holds; apart from `blocks` so that walking those touches few pages.
CREATE TABLE block_data (
    first_seq   INTEGER PRIMARY KEY,
    heads       BLOB NOT NULL,      -- everything about the events but their payloads (see block.rs), zstd
    payloads    BLOB NOT NULL       -- the payloads one after the other, zstd
) STRICT;

-- An id is stored once.
CREATE TABLE ids (
    id          BLOB PRIMARY KEY,
    seq         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A session's events in the order they happened.
CREATE TABLE session_events (
    session     INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    PRIMARY KEY (session, occurred_at, seq)
) STRICT, WITHOUT ROWID;

-- `x_at` is when `x` was said, so that what arrives late does not win over what was said later (or earlier).
CREATE TABLE sessions (
    session     INTEGER PRIMARY KEY,
    agent       TEXT NOT NULL,
    id          TEXT NOT NULL,
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    state_at    INTEGER NOT NULL,
    title       TEXT, title_at      INTEGER,
    cwd         TEXT, cwd_at        INTEGER,
    model       TEXT, model_at      INTEGER,
    parent      TEXT, parent_at     INTEGER,
    user        TEXT, user_at       INTEGER,
    device      TEXT, device_at     INTEGER,
    source_app  TEXT, source_app_at INTEGER,
    events      INTEGER NOT NULL,
    prompts     INTEGER NOT NULL,
    tool_calls  INTEGER NOT NULL,
    tool_errors INTEGER NOT NULL,
    subagents   INTEGER NOT NULL,
    UNIQUE (id, agent)
) STRICT;
-- Covers both the list of sessions by activity and the overview's count by state.
CREATE INDEX sessions_by_activity ON sessions (last_at, session, first_at, state);

CREATE TABLE tool_calls (
    session     INTEGER NOT NULL,
    id          TEXT NOT NULL,
    tool        TEXT,
    family      INTEGER,            -- a number of derive/tool_call.rs, as are outcome and end_rank
    actor       TEXT,
    requested_at INTEGER,
    request_id  BLOB,
    end_rank    INTEGER,            -- how much the end is to be believed: see derive/tool_call.rs
    ended_at    INTEGER,
    outcome     INTEGER,
    duration_ms INTEGER,
    result_id   BLOB,
    asked       INTEGER NOT NULL,
    spawned     TEXT,
    seen        BLOB NOT NULL,      -- which events of the call are stored, by a hash of their names
    PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE subagents (
    session     INTEGER NOT NULL,
    id          TEXT NOT NULL,
    agent_type  TEXT,
    parent      TEXT,
    tool_use_id TEXT,
    first_at    INTEGER NOT NULL,
    begun_at    INTEGER,            -- when it last said it started
    ended_at    INTEGER,            -- when it last said it was done
    tool_calls  INTEGER NOT NULL,
    tool_errors INTEGER NOT NULL,
    PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;

-- Requests for permission that do not say for which call; matched to calls when read.
CREATE TABLE permissions (
    session     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    tool        TEXT NOT NULL,
    actor       TEXT,
    PRIMARY KEY (session, at, seq)
) STRICT, WITHOUT ROWID;

-- Roll-ups. `level` is the width in seconds (60, 3600, 86400), `at` the start in seconds since the epoch.
CREATE TABLE usage (
    level       INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    agent       TEXT NOT NULL,
    events      INTEGER NOT NULL,
    tool_calls  INTEGER NOT NULL,
    errors      INTEGER NOT NULL,
    PRIMARY KEY (level, at, agent)
) STRICT, WITHOUT ROWID;

CREATE TABLE tool_usage (
    level       INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    tool        TEXT NOT NULL,
    family      TEXT NOT NULL,
    count       INTEGER NOT NULL,
    succeeded   INTEGER NOT NULL,
    failed      INTEGER NOT NULL,
    denied      INTEGER NOT NULL,
    durations   BLOB NOT NULL,      -- a histogram (see histogram.rs)
    PRIMARY KEY (level, at, tool)
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    name        TEXT PRIMARY KEY,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    skew_ms     INTEGER NOT NULL,
    events      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key         TEXT PRIMARY KEY,
    value       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Sums that would otherwise be a scan.
CREATE TABLE totals (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    events        INTEGER NOT NULL,
    payload_bytes INTEGER NOT NULL,
    sessions      INTEGER NOT NULL,
    next_seq      INTEGER NOT NULL,   -- positions are never reused, not even after everything was removed
    next_session  INTEGER NOT NULL
) STRICT;
INSERT INTO totals VALUES (1, 0, 0, 0, 1, 1);
