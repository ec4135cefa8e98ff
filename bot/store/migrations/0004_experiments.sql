-- Reason: two ways of searching are compared on real questions, by interleaving (index/interleave.py).
-- Who started one is in `audit`.

CREATE TABLE experiments (
    id          INTEGER PRIMARY KEY,
    challenger  TEXT NOT NULL,          -- JSON: {"meaning": 0.5} or {"build": "…"}; what team B is
    build_id    TEXT NOT NULL,          -- the index that served at the start: team A
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    outcome     TEXT                    -- one sentence
);

-- Which side put each verse into an answer. What people said of it lies in ratings, corrections and openings,
-- so what is deleted or undone there stops counting here.
CREATE TABLE teams (
    query_id      INTEGER NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    verse_id      INTEGER NOT NULL,
    team          TEXT NOT NULL CHECK (team IN ('A', 'B')),
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    PRIMARY KEY (query_id, verse_id)
) WITHOUT ROWID;
CREATE INDEX teams_by_experiment ON teams (experiment_id);
