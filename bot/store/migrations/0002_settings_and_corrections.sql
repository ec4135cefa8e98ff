-- Reason: people and servers choose how answers look; people say which verse they meant; servers get a
-- verse a day; what keepers do is on record.
--
-- Channels and roles are Discord's ids, for the bot must write to them; people and servers stay hashes.

-- What a person chose; NULL means that the server's choice or the default holds.
CREATE TABLE person_settings (
    who         TEXT PRIMARY KEY,
    translation TEXT,
    private     INTEGER,
    style       TEXT CHECK (style IN ('embed', 'quote', 'plain')),
    numbers     INTEGER                 -- verse numbers in passages
) WITHOUT ROWID;

CREATE TABLE server_settings (
    place       TEXT PRIMARY KEY,
    translation TEXT,
    channels    TEXT NOT NULL DEFAULT '[]',   -- JSON; where answers may be public; empty means everywhere
    admin_role  INTEGER,                      -- may change these settings, like those who manage the server
    reactions   INTEGER NOT NULL DEFAULT 1    -- whether the bot puts reactions under its answers
) WITHOUT ROWID;

-- The verse that somebody meant after a thumb down: the right answer to that query.
CREATE TABLE corrections (
    query_id     INTEGER NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    who          TEXT NOT NULL,
    verse_id     INTEGER NOT NULL,
    corrected_at INTEGER NOT NULL,
    consent      INTEGER NOT NULL,
    PRIMARY KEY (query_id, who)
) WITHOUT ROWID;
CREATE INDEX corrections_by_who ON corrections (who);

-- Which of the other results people opened: a result that nobody saw was not rejected either.
CREATE TABLE openings (
    query_id    INTEGER NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    verse_id    INTEGER NOT NULL,
    opened_at   INTEGER NOT NULL,
    PRIMARY KEY (query_id, verse_id)
) WITHOUT ROWID;

CREATE TABLE daily (
    channel_id  INTEGER PRIMARY KEY,
    place       TEXT NOT NULL,
    at_minute   INTEGER NOT NULL CHECK (at_minute BETWEEN 0 AND 1439),   -- of the local day
    zone        TEXT NOT NULL,          -- "Europe/Berlin"
    translation TEXT,
    theme       TEXT,
    last_day    TEXT NOT NULL           -- local date of the last post, or of the day it was switched on
);

CREATE TABLE audit (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    who         TEXT NOT NULL,
    action      TEXT NOT NULL,
    details     TEXT NOT NULL
);
