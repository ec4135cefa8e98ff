import asyncio
import re
import sqlite3
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import FeedbackRefused, StoreError
from bot.store import ids
from bot.store.database import Database, tidy
from bot.store.decisions import Decision
from bot.store.identity import KEY_FILE, Identity
from bot.store.migrations import migrate, migrations, schema_version
from bot.store.preferences import PersonSettings
from bot.store.queries import Asked
from bot.store.ratings import Shown
from bot.store.store import Store
from index.results import Hit, SearchResult

HIT = Hit(19_090_012, "PSA 90:12", 0.9, "WEB", "So teach us to number our days.", ("words", "meaning"))


def asked(query_id: int, who: str = "ann", *, text: str = "number my days", consent: bool = False) -> Asked:
    return Asked(query_id, who, None, "console", text, "WEB", None, None, consent)


def result(query: str = "number my days") -> SearchResult:
    return SearchResult(query, (HIT,), 0.9, True, 4.0, {"words": 1.0}, build_id="b1", fingerprint="f1")


def decision(query: str, who: str, *, curator: str = "keeper") -> Decision:
    return Decision(
        query,
        curator,
        "accepted",
        HIT.verse_id,
        ((HIT.verse_id, 1),),
        who,
        True,
        "b1",
        "f1",
        1_000_000_000_000,
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "verse.sqlite3") as opened:
        yield opened


async def count(store: Store, table: str) -> int:
    row = await store.database.row(f"SELECT count(*) FROM {table}")
    assert row is not None
    return int(row[0])


async def test_what_was_handed_over_is_saved_when_the_store_closes(tmp_path: Path) -> None:
    path = tmp_path / "verse.sqlite3"
    store = await Store.open(path)
    for number in range(2_000):
        await store.queries.log(asked(number), result())
    await store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM queries").fetchone() == (2_000,)
    assert connection.execute("SELECT count(*) FROM results").fetchone() == (2_000,)
    assert connection.execute("SELECT count(*) FROM versions").fetchone() == (1,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


async def test_a_write_that_sqlite_refuses_spoils_no_other(store: Store) -> None:
    good, bad = asked(1), asked(1)  # the same number twice
    await asyncio.gather(
        store.queries.log(good, result()),
        store.queries.log(bad, result()),
        store.queries.log(asked(2**70), result()),  # no SQLite integer
        store.queries.log(asked(2), result()),
    )
    assert await count(store, "queries") == 2
    with pytest.raises(StoreError, match="refused"):
        await store.database.write([("INSERT INTO queries (id) VALUES (?)", [(1,)])])


async def test_a_write_waits_for_another_process(store: Store) -> None:
    other = sqlite3.connect(store.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(store.facts.set("colour", "blue"))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    other.execute("COMMIT")
    await waiting
    assert await store.facts.get("colour") == "blue"
    other.close()


async def test_a_closed_store_refuses_politely(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "verse.sqlite3")
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.facts.set("a", "b")


async def test_only_answers_can_be_rated(store: Store) -> None:
    with pytest.raises(FeedbackRefused):
        await store.ratings.put(Shown(1, HIT.verse_id), who="ann", value=1, via="button", consent=False)
    await store.queries.log(asked(1), result())
    await store.ratings.put(Shown(1, HIT.verse_id), who="ann", value=1, via="button", consent=False)
    assert await count(store, "ratings") == 1


async def test_a_message_shows_one_answer_at_a_time(store: Store) -> None:
    await store.queries.log(asked(7), result())
    await store.ratings.show(1001, Shown(7, HIT.verse_id))
    await store.ratings.show(1001, Shown(7, 1_001_001))
    await store.ratings.show(1002, Shown(8, HIT.verse_id))  # a query that is not kept
    assert await store.ratings.shown_by(1001) == Shown(7, 1_001_001)
    assert await store.ratings.shown_by(1002) is None


async def test_deleting_a_person_reaches_every_table(store: Store) -> None:
    for who in ("ann", "ben"):
        query_id = ids.new_query_id()
        await store.queries.log(asked(query_id, who), result())
        await store.ratings.show(query_id, Shown(query_id, HIT.verse_id))
        for rater in ("ann", "ben"):
            await store.ratings.put(
                Shown(query_id, HIT.verse_id), who=rater, value=1, via="button", consent=False
            )
        await store.people.set_consent(who, True)
        await store.corrections.put(query_id, HIT.verse_id, who=who, consent=True)
        await store.corrections.opened(Shown(query_id, HIT.verse_id), who=who, consent=True)
        await store.decisions.put([decision(f"number the days of {who}", who)])
        await store.preferences.set_person(who, PersonSettings(translation="KJV"))
        await store.audit.note(who, "rebuild")
        await store.jobs.begin("rebuild", [["index", "build"]], who)
    await store.people.delete("ann")
    tables = await store.database.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
    of_people = {name for name, sql in tables if re.search(r"^ +who +TEXT", sql, re.MULTILINE)}
    for table in of_people:
        people = {row["who"] for row in await store.database.rows(f"SELECT who FROM {table}")}
        assert "ben" in people, f"{table} needs a row of each in this test"
        assert "ann" not in people, table
    everything = await store.dossiers.everything("ben")
    assert all(everything.values()), "what a person may take along has a part for each table"
    assert len(everything) == len(of_people)
    assert (await store.dossiers.counts("ann")).keys() == everything.keys()
    assert set((await store.dossiers.counts("ann")).values()) == {0}
    assert (
        await count(store, "queries") == await count(store, "ratings") == await count(store, "messages") == 1
    )
    assert (await store.people.choice("ann")).consent is None
    assert (await store.people.choice("ben")).consent is True


async def test_old_rows_without_consent_are_purged(store: Store) -> None:
    year_ago = ids.id_at(ids.now_ms() - 365 * 86_400_000)
    await store.queries.log(asked(year_ago), result())
    await store.queries.log(asked(year_ago + 1, consent=True), result())
    await store.queries.log(asked(ids.new_query_id()), result())
    await store.people.purge(366)
    assert await count(store, "queries") == 3
    await store.people.purge(364)
    assert await count(store, "queries") == await count(store, "results") == 2


async def test_the_room_of_deleted_rows_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "verse.sqlite3"
    async with await Store.open(path) as store:
        for _ in range(3_000):
            await store.queries.log(asked(ids.new_query_id()), result())
        await store.people.delete("ann")
    full = path.stat().st_size
    await asyncio.to_thread(tidy, path)
    assert path.stat().st_size < full / 3
    async with await Store.open(path) as store:
        assert await count(store, "queries") == 0


async def test_jobs_that_were_left_running_are_found(store: Store) -> None:
    job = await store.jobs.begin("train", [["train"]], "ann")
    await store.jobs.show_in(job.id, 5, 6)
    (left,) = await store.jobs.left_running()
    assert (left.channel_id, left.message_id) == (5, 6)
    await store.jobs.end(job.id, "interrupted", "cut off")
    assert await store.jobs.left_running() == []
    (latest,) = await store.jobs.latest(3)
    assert (latest.state, latest.outcome) == ("interrupted", "cut off")


def test_query_ids_ascend_in_time_and_fit_custom_ids() -> None:
    first = ids.new_query_id()
    now = ids.now_ms()
    while ids.now_ms() == now:
        time.sleep(0.0002)
    second = ids.new_query_id()
    assert 0 < first < second < 2**63
    assert int(ids.to_base36(second), 36) == second
    assert ids.to_base36(0) == "0"
    assert len(ids.to_base36(2**63 - 1)) == 13


def test_the_key_is_private_stable_and_decides_the_hashes(tmp_path: Path) -> None:
    identity = Identity.open(tmp_path / "a")
    path = tmp_path / "a" / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [KEY_FILE]
    assert Identity.open(tmp_path / "a").person(1) == identity.person(1)
    assert Identity.open(tmp_path / "b").person(1) != identity.person(1)
    names = {identity.person(1), identity.person(2), identity.place(1), identity.operator()}
    assert len(names) == 4
    path.write_bytes(b"short")
    with pytest.raises(StoreError, match="not a key"):
        Identity.open(tmp_path / "a")


def test_a_database_of_every_earlier_schema_is_upgraded(tmp_path: Path) -> None:
    def schema(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
        return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()

    fresh = sqlite3.connect(tmp_path / "fresh", isolation_level=None)
    assert migrate(fresh) == len(migrations())
    for version in range(1, len(migrations()) + 1):
        old = sqlite3.connect(tmp_path / f"old{version}", isolation_level=None)
        migrate(old, to=version)
        for table, values in ROWS.items():
            old.execute(
                f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
                tuple(values.values()),
            )
        assert migrate(old) == len(migrations()) - version
        assert migrate(old) == 0
        assert schema(old) == schema(fresh)
        for table, values in ROWS.items():
            kept = old.execute(f"SELECT {', '.join(values)} FROM {table}").fetchall()
            assert kept == [tuple(values.values())], (version, table)
        old.close()
    fresh.close()


ROWS: dict[str, dict[str, str | int | float]] = {
    "versions": {"id": 1, "build_id": "b", "fingerprint": "", "program": "p"},
    "queries": {
        "id": 1 << 40,
        "asked_at": 1_700_000_000_000,
        "who": "ann",
        "source": "discord",
        "text": " Number  my days",
        "translation": "WEB",
        "confidence": 0.5,
        "sure": 1,
        "took_ms": 4.5,
        "timings": "{}",
        "version_id": 1,
        "consent": 1,
    },
    "results": {"query_id": 1 << 40, "rank": 1, "verse_id": 19_090_012, "score": 1.5, "matched_by": 3},
    "ratings": {
        "query_id": 1 << 40,
        "verse_id": 19_090_012,
        "who": "ben",
        "value": -1,
        "via": "button",
        "rated_at": 1_700_000_000_001,
        "consent": 0,
    },
    "messages": {"message_id": 5, "query_id": 1 << 40, "verse_id": 19_090_012},
    "people": {"who": "ann", "consent": 1, "opted_out": 0, "changed_at": 5},
    "jobs": {"id": 7, "kind": "train", "steps": "[]", "state": "done", "who": "ann", "started_at": 7},
    "facts": {"name": "commands", "value": "{}"},
}
"""One row of each table of the first schema; every later one must keep them as they are."""


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    connection.execute("CREATE TABLE jobs (mine)")  # in the way of a later statement of the first step
    with pytest.raises(StoreError, match="step 0001"):
        migrate(connection)
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert tables == [("jobs",)]
    assert schema_version(connection) == 0
    connection.close()


async def test_a_newer_and_a_damaged_database_are_refused_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "newer.sqlite3"
    await (await Database.open(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 0)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="newer Verse"):
        await Database.open(path)
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"not a database at all" * 100)
    before = damaged.read_bytes()
    with pytest.raises(StoreError, match="backup"):
        await Database.open(damaged)
    assert damaged.read_bytes() == before


async def test_nobody_else_may_read_the_database(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "verse.sqlite3") as store:
        await store.facts.set("a", "b")
        assert modes(tmp_path) == {
            KEY_FILE: 0o600,
            "verse.sqlite3": 0o600,
            "verse.sqlite3-shm": 0o600,
            "verse.sqlite3-wal": 0o600,
        }


def modes(directory: Path) -> dict[str, int]:
    found = {file.name: stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()}
    return {name: mode for name, mode in found.items() if name != ".in-use"}  # an empty lock
