-- Events that wait until somebody claims their session, and those nobody claimed. Times are nanoseconds since the Unix epoch.

-- A session that has events waiting, or a claim, or both.
CREATE TABLE sessions (
    id      INTEGER PRIMARY KEY,
    agent   TEXT NOT NULL,
    session TEXT NOT NULL,
    events  INTEGER NOT NULL DEFAULT 0,
    bytes   INTEGER NOT NULL DEFAULT 0,
    project TEXT,               -- the claim: whose it is,
    home    TEXT,               -- the server that keeps that project,
    person  TEXT,               -- who is at work,
    until   INTEGER,            -- and when it ends unless it is used
    UNIQUE (agent, session)
) STRICT;

CREATE INDEX claims ON sessions (until) WHERE until IS NOT NULL;
CREATE INDEX claimed_and_waiting ON sessions (home) WHERE events > 0;

-- The waiting events, in the order of their arrival.
CREATE TABLE parked (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions (id),
    id      BLOB NOT NULL,
    at      INTEGER NOT NULL,   -- when it was received
    address TEXT NOT NULL,
    record  BLOB NOT NULL,      -- one line of the wire, without secrets
    UNIQUE (session, id)
) STRICT;

CREATE INDEX parked_at ON parked (at);

-- What each address has waiting, by session: how its bounds are counted.
CREATE TABLE shares (
    address TEXT NOT NULL,
    session INTEGER NOT NULL REFERENCES sessions (id),
    events  INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    PRIMARY KEY (address, session)
) STRICT, WITHOUT ROWID;

CREATE TABLE addresses (
    address  TEXT PRIMARY KEY,
    sessions INTEGER NOT NULL,
    bytes    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The sums of all, those of `expired` included.
CREATE TABLE totals (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    events INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    claims INTEGER NOT NULL
) STRICT;
INSERT INTO totals VALUES (1, 0, 0, 0);

-- Events that waited too long, on their way to a server's quarantine.
CREATE TABLE expired (
    seq     INTEGER PRIMARY KEY,
    home    TEXT NOT NULL,
    agent   TEXT NOT NULL,
    session TEXT NOT NULL,
    id      BLOB NOT NULL,
    at      INTEGER NOT NULL,
    address TEXT NOT NULL,
    record  BLOB NOT NULL
) STRICT;

-- Events nobody claimed, for the operator to look at.
CREATE TABLE quarantine (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    agent   TEXT NOT NULL,
    session TEXT NOT NULL,
    id      BLOB NOT NULL,
    at      INTEGER NOT NULL,   -- when it was received
    kept_at INTEGER NOT NULL,   -- when it came here
    address TEXT NOT NULL,
    record  BLOB NOT NULL,
    UNIQUE (agent, session, id)
) STRICT;

CREATE INDEX quarantine_kept ON quarantine (kept_at);

CREATE TABLE quarantine_shares (
    address TEXT PRIMARY KEY,
    events  INTEGER NOT NULL,
    bytes   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
