-- How handlers ran (events of the kind handler.ran): a row per hour, handler and outcome.

CREATE TABLE handler_usage (
    hour        INTEGER NOT NULL,   -- its start, in seconds since the epoch
    handler     TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    runs        INTEGER NOT NULL,
    durations   BLOB NOT NULL,      -- a histogram (see histogram.rs)
    last_at     INTEGER NOT NULL,   -- of the last run, in nanoseconds since the epoch
    last_session TEXT,
    PRIMARY KEY (hour, handler, outcome)
) STRICT, WITHOUT ROWID;
