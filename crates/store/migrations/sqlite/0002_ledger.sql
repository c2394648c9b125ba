-- Whose, where, and at what cost. Tokens are counts, money is whole nano-dollars, ids of requests and messages are
-- 64-bit hashes (see derive/ledger.rs).

-- What is said of a session's place and person; `x_at` as in 0001. `person` is by the agent's own word and goes before
-- `user`, which the device says; `named` is the title by the agent's own word and goes before `title`.
ALTER TABLE sessions ADD COLUMN repository TEXT;
ALTER TABLE sessions ADD COLUMN repository_at INTEGER;
ALTER TABLE sessions ADD COLUMN branch TEXT;
ALTER TABLE sessions ADD COLUMN branch_at INTEGER;
ALTER TABLE sessions ADD COLUMN revision TEXT;
ALTER TABLE sessions ADD COLUMN revision_at INTEGER;
ALTER TABLE sessions ADD COLUMN run TEXT;
ALTER TABLE sessions ADD COLUMN run_at INTEGER;
ALTER TABLE sessions ADD COLUMN person TEXT;
ALTER TABLE sessions ADD COLUMN person_at INTEGER;
ALTER TABLE sessions ADD COLUMN named TEXT;
ALTER TABLE sessions ADD COLUMN named_at INTEGER;
-- The best kind of evidence of what the session used: a number of derive/ledger.rs.
ALTER TABLE sessions ADD COLUMN tier INTEGER NOT NULL DEFAULT 0;

-- Who told of a call (bits by the order of `Source`; 1 is the hook), and the prompt it belongs to.
ALTER TABLE tool_calls ADD COLUMN sources INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tool_calls ADD COLUMN turn TEXT;

-- What each source told of a session. `source` is its place in `Source::ALL`.
CREATE TABLE session_sources (
    session     INTEGER NOT NULL,
    source      INTEGER NOT NULL,
    events      INTEGER NOT NULL,
    prompts     INTEGER NOT NULL,
    requests    INTEGER NOT NULL,   -- tellings of a model's use, repetitions included
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    PRIMARY KEY (session, source)
) STRICT, WITHOUT ROWID;

-- The prompts of a session, by the agent's id of the turn.
CREATE TABLE prompts (
    session     INTEGER NOT NULL,
    turn        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    text        TEXT,
    PRIMARY KEY (session, turn)
) STRICT, WITHOUT ROWID;

-- One row per request to a model, however many sources told of it.
CREATE TABLE requests (
    request     INTEGER PRIMARY KEY,
    message     INTEGER,
    session     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    actor       TEXT,
    turn        TEXT,
    tier        INTEGER NOT NULL,
    sidechain   INTEGER,            -- NULL where no source that knows has told
    counted     INTEGER NOT NULL,   -- 0 where it is a replay of another request's message
    rank        INTEGER NOT NULL,   -- of the source the next eight columns are from
    model       TEXT NOT NULL,
    input       INTEGER NOT NULL,
    output      INTEGER NOT NULL,
    cache_read  INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    thinking    INTEGER NOT NULL,
    priced      INTEGER,
    told_rank   INTEGER,
    told        INTEGER,
    query_source TEXT,
    skill       TEXT,
    mcp_server  TEXT
) STRICT;
CREATE INDEX requests_by_message ON requests (message) WHERE message IS NOT NULL;
CREATE INDEX requests_by_session ON requests (session, at);

-- Counters that tell where they stand since their start: the highest value seen of each.
CREATE TABLE counters (
    series      INTEGER PRIMARY KEY,
    session     INTEGER NOT NULL,
    input       INTEGER NOT NULL,
    output      INTEGER NOT NULL,
    cache_read  INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    thinking    INTEGER NOT NULL,
    told        INTEGER NOT NULL,
    priced      INTEGER NOT NULL
) STRICT;
CREATE INDEX counters_by_session ON counters (session);

-- What a session used per hour (in seconds since the epoch) and kind of evidence; only the session's best kind counts.
CREATE TABLE spend (
    session     INTEGER NOT NULL,
    tier        INTEGER NOT NULL,
    hour        INTEGER NOT NULL,
    model       TEXT NOT NULL,
    actor       TEXT NOT NULL,      -- '' for the session's own agent
    mcp_server  TEXT NOT NULL,      -- '' for none
    requests    INTEGER NOT NULL,
    unpriced    INTEGER NOT NULL,   -- of these, without a cost
    input       INTEGER NOT NULL,
    output      INTEGER NOT NULL,
    cache_read  INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    thinking    INTEGER NOT NULL,
    cost        INTEGER NOT NULL,
    estimated   INTEGER NOT NULL,   -- of the cost, what is by our price table
    PRIMARY KEY (session, tier, hour, model, actor, mcp_server)
) STRICT, WITHOUT ROWID;

-- What is kept about people beside what they did.
CREATE TABLE people (
    person      TEXT PRIMARY KEY,
    team        TEXT
) STRICT, WITHOUT ROWID;

-- Ends of calls are told by two more sources, which stand between a batch and the call's own end.
UPDATE tool_calls SET end_rank = 5 WHERE end_rank = 3 AND outcome <> 3;
