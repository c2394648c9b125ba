-- A request's key is a hash: rows that lie in its order are written all over the table. They lie in the order of their
-- arrival now, and only the narrow index is in the order of the keys.
ALTER TABLE requests RENAME TO requests_before;
DROP INDEX requests_by_message;
DROP INDEX requests_by_session;
CREATE TABLE requests (
    arrival     INTEGER PRIMARY KEY,
    request     INTEGER NOT NULL,
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
INSERT INTO requests (request, message, session, at, actor, turn, tier, sidechain, counted, rank, model, input, output,
        cache_read, cache_write_5m, cache_write_1h, thinking, priced, told_rank, told, query_source, skill, mcp_server)
    SELECT request, message, session, at, actor, turn, tier, sidechain, counted, rank, model, input, output,
        cache_read, cache_write_5m, cache_write_1h, thinking, priced, told_rank, told, query_source, skill, mcp_server
    FROM requests_before ORDER BY session, at;
DROP TABLE requests_before;
CREATE UNIQUE INDEX requests_by_key ON requests (request);
CREATE INDEX requests_by_message ON requests (message) WHERE message IS NOT NULL;
CREATE INDEX requests_by_session ON requests (session, at);
