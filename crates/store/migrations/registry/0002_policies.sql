-- An organisation's rules for its devices, as they were last published.
CREATE TABLE policies (
    organisation TEXT PRIMARY KEY,
    version      INTEGER NOT NULL,
    text         TEXT NOT NULL,
    published_at INTEGER NOT NULL,  -- nanoseconds since the Unix epoch
    published_by TEXT NOT NULL      -- a key's id, or a word for who had none
) STRICT, WITHOUT ROWID;
