-- Who may do what: organisations, their projects, and keys. Times are nanoseconds since the Unix epoch.

CREATE TABLE organisations (
    name        TEXT PRIMARY KEY,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A project's events are in a store of their own, whose place follows from these names.
CREATE TABLE projects (
    organisation TEXT NOT NULL REFERENCES organisations (name),
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (organisation, name)
) STRICT, WITHOUT ROWID;

-- A revoked or expired key stays, so that it can be told what it was.
CREATE TABLE keys (
    id           TEXT PRIMARY KEY,
    hash         BLOB NOT NULL,     -- SHA-256 of the whole key; the key itself is nowhere
    organisation TEXT NOT NULL,
    project      TEXT NOT NULL,
    scopes       TEXT NOT NULL,     -- words with commas between them
    name         TEXT,
    created_at   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,     -- a key's id, or a word for who had none
    replaces     TEXT,              -- the key it was made from by rotation
    expires_at   INTEGER,           -- set when it is rotated: it ends then
    revoked_at   INTEGER,
    last_used_at INTEGER,           -- to the minute or so
    FOREIGN KEY (organisation, project) REFERENCES projects (organisation, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
    name        TEXT PRIMARY KEY,
    value       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
