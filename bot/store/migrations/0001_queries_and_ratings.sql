-- Reason: keep every query with what was answered, and every rating of an answer.
--
-- Times are milliseconds since 1970 in UTC. `who` and `place` are keyed hashes (bot/store/identity.py),
-- never Discord's ids. `consent` is 1 when the author allows training with the row.

-- Which build, model and program answered; few rows, named by number to keep `queries` small.
CREATE TABLE versions (
    id          INTEGER PRIMARY KEY,
    build_id    TEXT NOT NULL,
    fingerprint TEXT NOT NULL,          -- '' when the index has no vectors
    program     TEXT NOT NULL,
    UNIQUE (build_id, fingerprint, program)
);

CREATE TABLE queries (
    id          INTEGER PRIMARY KEY,    -- ascending in time, see bot/store/ids.py
    asked_at    INTEGER NOT NULL,
    who         TEXT NOT NULL,
    place       TEXT,                   -- the server; NULL in private and in the console
    source      TEXT NOT NULL CHECK (source IN ('discord', 'console')),
    text        TEXT NOT NULL,          -- as typed
    translation TEXT NOT NULL,
    book        TEXT,
    testament   TEXT,
    confidence  REAL NOT NULL,
    sure        INTEGER NOT NULL,
    notice      TEXT,
    took_ms     REAL NOT NULL,
    timings     TEXT NOT NULL,          -- JSON, milliseconds of each part
    version_id  INTEGER NOT NULL REFERENCES versions (id),
    consent     INTEGER NOT NULL
);
CREATE INDEX queries_by_who ON queries (who);

CREATE TABLE results (
    query_id    INTEGER NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    rank        INTEGER NOT NULL,       -- 1 is the best
    verse_id    INTEGER NOT NULL,       -- bbcccvvv
    score       REAL NOT NULL,
    matched_by  INTEGER NOT NULL,       -- sum of 1 words, 2 meaning, 4 reference
    PRIMARY KEY (query_id, rank)
) WITHOUT ROWID;

-- One row for a person and a result: a second rating replaces the first.
CREATE TABLE ratings (
    query_id    INTEGER NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    verse_id    INTEGER NOT NULL,
    who         TEXT NOT NULL,
    value       INTEGER NOT NULL CHECK (value IN (-1, 1)),
    via         TEXT NOT NULL CHECK (via IN ('button', 'reaction', 'console')),
    rated_at    INTEGER NOT NULL,
    consent     INTEGER NOT NULL,
    PRIMARY KEY (query_id, verse_id, who)
) WITHOUT ROWID;
CREATE INDEX ratings_by_who ON ratings (who);

-- Which answer a message shows, so that a reaction can be counted for it.
CREATE TABLE messages (
    message_id  INTEGER PRIMARY KEY,
    query_id    INTEGER NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    verse_id    INTEGER NOT NULL        -- the result that is on show
);
CREATE INDEX messages_by_query ON messages (query_id);

-- What people decided about their data. No row: nothing decided.
CREATE TABLE people (
    who         TEXT PRIMARY KEY,
    consent     INTEGER,                -- training with what they write: 1 yes, 0 no, NULL not asked
    opted_out   INTEGER NOT NULL DEFAULT 0,
    changed_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,         -- what it does: train, rebuild, …
    steps        TEXT NOT NULL,         -- JSON: the command lines that it runs, so that it can be run again
    state        TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
    who          TEXT NOT NULL,
    channel_id   INTEGER,               -- where its progress is shown, if anywhere
    message_id   INTEGER,
    started_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    outcome      TEXT                   -- one sentence
);

-- Small facts about this installation, such as the hash of the commands that Discord has.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
