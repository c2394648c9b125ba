-- What devices say of themselves: the latest report of each.
CREATE TABLE device_reports (
    device_id   TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    skew_ms     INTEGER NOT NULL,   -- the server's clock less the device's, when the report came
    report      TEXT NOT NULL       -- JSON
) STRICT, WITHOUT ROWID;
