-- Files that were made, as `hookrail emit artifact` tells of them: one row per event. What is uploaded of them is not here.
CREATE TABLE artifacts (
    seq         INTEGER PRIMARY KEY,
    event       BLOB NOT NULL,
    at          INTEGER NOT NULL,
    session     TEXT,
    run         TEXT,
    path        TEXT NOT NULL,
    label       TEXT,
    sha256      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    user        TEXT,
    device      TEXT
) STRICT;

-- Whether anything still tells of a content.
CREATE INDEX artifacts_by_content ON artifacts (sha256);
