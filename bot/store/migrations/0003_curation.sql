-- Reason: logs become data. Curators decide what was meant; a query can be asked of another model as it was
-- asked of ours, knowing what people saw; figures stay fast with ten million queries.

-- What two spellings of one question share (bot/store/wording.py). Rows from before keep SQLite's simpler form.
ALTER TABLE queries ADD COLUMN normalised TEXT NOT NULL DEFAULT '';
UPDATE queries SET normalised = lower(trim(text));
CREATE INDEX queries_by_words ON queries (normalised);

-- How many results the answer showed with their text: a result that nobody saw was not rejected. The brief
-- styles show one until somebody opens another.
ALTER TABLE queries ADD COLUMN on_show INTEGER NOT NULL DEFAULT 5;

-- Openings get whose they are, so that they can be undone, deleted and consented to like ratings.
ALTER TABLE openings RENAME TO nameless_openings;
CREATE TABLE openings (
    query_id    INTEGER NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    verse_id    INTEGER NOT NULL,
    who         TEXT NOT NULL,
    opened_at   INTEGER NOT NULL,
    consent     INTEGER NOT NULL,
    PRIMARY KEY (query_id, verse_id, who)
) WITHOUT ROWID;
INSERT INTO openings SELECT o.query_id, o.verse_id, q.who, o.opened_at, 0
FROM nameless_openings o JOIN queries q ON q.id = o.query_id;
DROP TABLE nameless_openings;
CREATE INDEX openings_by_who ON openings (who);

-- What a curator decided about a question. `who` asked it: the decision goes when that person's data goes.
CREATE TABLE decisions (
    query       TEXT NOT NULL,          -- normalised, without personal data
    curator     TEXT NOT NULL,          -- the name that a keeper gave
    verdict     TEXT NOT NULL CHECK (verdict IN ('accepted', 'corrected', 'rejected', 'not_in_the_bible')),
    verse_id    INTEGER,                -- the right verse; of a rejected answer the first one shown
    shown       TEXT NOT NULL,          -- JSON: [[verse, rank], …] that people saw
    who         TEXT NOT NULL,          -- '' when nobody knows
    consent     INTEGER NOT NULL,
    build_id    TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    decided_at  INTEGER NOT NULL,
    PRIMARY KEY (query, curator)
) WITHOUT ROWID;
CREATE INDEX decisions_by_who ON decisions (who);

-- Latest judgements by time, for the alarm; and the few rows that may be trained with or were thumbs down.
CREATE INDEX ratings_by_time ON ratings (rated_at, verse_id, who);
CREATE INDEX corrections_by_time ON corrections (corrected_at, verse_id, who);
CREATE INDEX ratings_down ON ratings (query_id) WHERE value < 0;
CREATE INDEX ratings_consenting ON ratings (query_id) WHERE consent;
CREATE INDEX queries_consenting ON queries (id) WHERE consent;

-- Counts for each day (of the query, UTC, since 1970) and server ('' in private), kept by triggers in the
-- transaction of each write, so that figures never read the log itself.
CREATE TABLE days (
    day         INTEGER NOT NULL,
    place       TEXT NOT NULL,
    queries     INTEGER NOT NULL DEFAULT 0,
    up          INTEGER NOT NULL DEFAULT 0,
    down        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, place)
) WITHOUT ROWID;
INSERT INTO days (day, place, queries)
SELECT asked_at / 86400000, coalesce(place, ''), count(*) FROM queries GROUP BY 1, 2;
UPDATE days SET (up, down) = (
    SELECT coalesce(sum(r.value > 0), 0), coalesce(sum(r.value < 0), 0)
    FROM ratings r JOIN queries q ON q.id = r.query_id
    WHERE q.asked_at / 86400000 = days.day AND coalesce(q.place, '') = days.place
);

CREATE TRIGGER query_counted AFTER INSERT ON queries BEGIN
    INSERT INTO days (day, place, queries) VALUES (NEW.asked_at / 86400000, coalesce(NEW.place, ''), 1)
    ON CONFLICT (day, place) DO UPDATE SET queries = queries + 1;
END;
-- Its ratings go first, while it is known which day they were counted for.
CREATE TRIGGER query_uncounted BEFORE DELETE ON queries BEGIN
    DELETE FROM ratings WHERE query_id = OLD.id;
    UPDATE days SET queries = queries - 1
    WHERE day = OLD.asked_at / 86400000 AND place = coalesce(OLD.place, '');
END;
CREATE TRIGGER rating_counted AFTER INSERT ON ratings BEGIN
    UPDATE days SET up = up + (NEW.value > 0), down = down + (NEW.value < 0)
    WHERE (day, place) = (SELECT asked_at / 86400000, coalesce(place, '') FROM queries WHERE id = NEW.query_id);
END;
CREATE TRIGGER rating_changed AFTER UPDATE OF value ON ratings WHEN NEW.value <> OLD.value BEGIN
    UPDATE days SET up = up + NEW.value, down = down - NEW.value
    WHERE (day, place) = (SELECT asked_at / 86400000, coalesce(place, '') FROM queries WHERE id = NEW.query_id);
END;
CREATE TRIGGER rating_uncounted BEFORE DELETE ON ratings BEGIN
    UPDATE days SET up = up - (OLD.value > 0), down = down - (OLD.value < 0)
    WHERE (day, place) = (SELECT asked_at / 86400000, coalesce(place, '') FROM queries WHERE id = OLD.query_id);
END;
