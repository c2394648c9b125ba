-- What the guard decided, what was found in the record, and what people say was stopped wrongly. Made by looking through
-- the stored events one after the other, so all of it can be made again.

-- One row per stored event with a verdict. Decisions and modes are numbers of guard/sqlite.rs.
CREATE TABLE verdicts (
    seq         INTEGER PRIMARY KEY,
    session     INTEGER,
    at          INTEGER NOT NULL,
    agent       TEXT NOT NULL,
    rule        TEXT NOT NULL,
    decision    INTEGER NOT NULL,
    would       INTEGER,
    mode        INTEGER NOT NULL
) STRICT;
CREATE INDEX verdicts_by_time ON verdicts (at);

-- Calls that were denied: a result of one is a finding.
CREATE TABLE denied_calls (
    agent       TEXT NOT NULL,
    session     TEXT NOT NULL,
    call        TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    rule        TEXT NOT NULL,
    PRIMARY KEY (agent, session, call)
) STRICT, WITHOUT ROWID;
CREATE INDEX denied_calls_by_seq ON denied_calls (seq);

-- What was found. One row per kind, rule, session and subject, however often it is met.
CREATE TABLE findings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    rule        TEXT NOT NULL,
    agent       TEXT NOT NULL,
    session     TEXT NOT NULL,      -- '' for none
    subject     TEXT NOT NULL,
    severity    INTEGER NOT NULL,
    summary     TEXT NOT NULL,
    state       INTEGER NOT NULL,
    owner       TEXT,
    tool        TEXT,
    user        TEXT,
    event       BLOB NOT NULL,      -- the last it was met in
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    pass        INTEGER NOT NULL,   -- the pass it was last met in, and how far that had come: nothing is counted twice
    seq         INTEGER NOT NULL,
    changed_at  INTEGER,
    changed_by  TEXT,
    UNIQUE (kind, rule, agent, session, subject)
) STRICT;

-- How far the events are looked through.
CREATE TABLE scan (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    pass        INTEGER NOT NULL,
    seq         INTEGER NOT NULL,   -- the last event looked at in this pass
    rules       TEXT NOT NULL,      -- a digest of the rules of this pass
    started_at  INTEGER,
    caught_up_at INTEGER,           -- when this pass first had seen everything
    dropped     INTEGER NOT NULL    -- findings there was no room for
) STRICT;
INSERT INTO scan VALUES (1, 1, 0, '', NULL, NULL, 0);

-- Calls that should not have been stopped, as people report them.
CREATE TABLE stop_reports (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    by          TEXT,
    rule        TEXT NOT NULL,
    event       BLOB UNIQUE,        -- where it came as an event
    report      TEXT NOT NULL       -- JSON: the case and the note
) STRICT;
