"""Writes all feedback as training data would want it: one JSON object a line, newest first.

The format is `verse.feedback/1` (bot/store/records.py, docs/feedback.md). Curators' decisions come first,
then what people rated, corrected and opened. Of what one person said twice about one verse and one person's
question, the latest line stands. `may_train` is true only when both the author of the question and the person who
judged allow it; Discord forbids training on what users write without their permission.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from sqlite3 import Row
from typing import Any

from bot.store.database import Database
from bot.store.decisions import Decision, Decisions, by_query
from bot.store.records import SCHEMA, Record, record_of, shown_verses, time_of
from bot.store.trust import Trust, read_trust
from bot.store.wording import masked, normalised
from index.books import to_usfm

_PAGE = 1_000  # queries read at a time
_BEFORE_ALL = 2**63 - 1
_OPENED_WEIGHT = 0.25  # curiosity is weaker than a thumb

_IDS = """
SELECT id FROM queries q WHERE id < ?
AND (EXISTS (SELECT 1 FROM ratings WHERE query_id = q.id)
     OR EXISTS (SELECT 1 FROM corrections WHERE query_id = q.id)
     OR EXISTS (SELECT 1 FROM openings WHERE query_id = q.id))
ORDER BY id DESC LIMIT ?
"""
_SELECT = """
WITH judged AS (
    SELECT query_id, verse_id, who, iif(value > 0, 'rated_up', 'rated_down') AS verdict, rated_at AS at, consent
    FROM ratings WHERE query_id BETWEEN :first AND :last
    UNION ALL
    SELECT query_id, verse_id, who, 'corrected', corrected_at, consent
    FROM corrections WHERE query_id BETWEEN :first AND :last
    UNION ALL
    SELECT query_id, verse_id, who, 'opened', opened_at, consent
    FROM openings WHERE query_id BETWEEN :first AND :last
)
SELECT q.id, q.text, q.translation, q.who AS asker, q.on_show, j.verse_id, j.who, j.verdict, j.at,
       v.build_id, v.fingerprint, q.consent AND j.consent AS may_train
FROM judged j
JOIN queries q ON q.id = j.query_id
JOIN versions v ON v.id = q.version_id
WHERE q.consent AND j.consent OR NOT :consented_only
ORDER BY j.query_id DESC, j.at DESC, j.verse_id, j.who, j.verdict
"""
_SHOWN = """
SELECT query_id, verse_id, rank FROM results WHERE query_id BETWEEN :first AND :last ORDER BY query_id, rank
"""


async def export_lines(
    database: Database, *, consented_only: bool, admins: frozenset[str] = frozenset()
) -> AsyncIterator[str]:
    """All feedback as lines of JSON without their newlines.

    Args:
        database: to read.
        consented_only: only what may be used for training.
        admins: keyed hashes of those whose judgements count as an admin's.

    """
    decisions = await Decisions(database).all()
    for record in decision_records(decisions):
        if record.may_train or not consented_only:
            yield record.line()
    async for record in judgements(database, consented_only=consented_only, admins=admins):
        yield record.line()


async def judgements(
    database: Database, *, consented_only: bool, admins: frozenset[str] = frozenset()
) -> AsyncGenerator[Record]:
    """What people rated, corrected and opened, newest first; arguments as of `export_lines`."""
    trust = await read_trust(database)
    seen: set[bytes] = set()
    before = _BEFORE_ALL
    while ids := await database.rows(_IDS, (before, _PAGE)):
        last, before = ids[0]["id"], ids[-1]["id"]
        page = {"first": before, "last": last, "consented_only": consented_only}
        shown = _by_id(await database.rows(_SHOWN, page))
        rows = await database.rows(_SELECT, page)
        deepest = _deepest(rows, shown)
        for row in rows:
            if not (query := normalised(masked(row["text"]))):
                continue
            record = _record(row, query, _seen(row, shown, deepest), trust, admins)
            if (key := _key(record)) not in seen:
                seen.add(key)
                yield record


def decision_records(decisions: Sequence[Decision]) -> list[Record]:
    """Curators' decisions, each weighing the share of the question's curators who think the same."""
    found = []
    for same in by_query(decisions).values():
        opinions = [decision.opinion for decision in same]
        found += [
            record_of(decision, round(opinions.count(decision.opinion) / len(same), 3)) for decision in same
        ]
    return found


def _by_id(rows: Sequence[Row]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for query_id, verse_id, rank in rows:
        found.setdefault(query_id, []).append((verse_id, rank))
    return found


def _deepest(rows: Sequence[Row], shown: dict[int, list[tuple[int, int]]]) -> dict[int, int]:
    """{query: the lowest result that somebody opened or rated}; whoever did saw those above it too."""
    deepest: dict[int, int] = {}
    for row in rows:
        rank = next((rank for verse, rank in shown.get(row["id"], ()) if verse == row["verse_id"]), 0)
        deepest[row["id"]] = max(deepest.get(row["id"], 0), rank)
    return deepest


def _seen(
    row: Row, shown: dict[int, list[tuple[int, int]]], deepest: dict[int, int]
) -> tuple[tuple[int, int], ...]:
    last = max(row["on_show"], deepest.get(row["id"], 0))
    return tuple((verse, rank) for verse, rank in shown.get(row["id"], ()) if rank <= last)


def _record(
    row: Row, query: str, seen: tuple[tuple[int, int], ...], trust: Trust, admins: frozenset[str]
) -> Record:
    base = _OPENED_WEIGHT if row["verdict"] == "opened" else 1.0
    verdict: Any = row["verdict"]
    return Record(
        version=SCHEMA,
        query=query,
        verdict=verdict,
        reference=to_usfm(row["verse_id"]),
        shown=shown_verses(seen),
        weight=round(base * trust.weight(row["who"], row["verse_id"]), 3),
        by="admin" if row["who"] in admins else "user",
        curator=None,
        may_train=bool(row["may_train"]),
        at=time_of(row["at"]),
        translation=row["translation"],
        build=row["build_id"],
        fingerprint=row["fingerprint"] or None,
        author=row["who"],
        asker=row["asker"],
    )


def _key(record: Record) -> bytes:
    """What must not be said twice: a person's opinions on a verse and somebody's question; 16 bytes each."""
    kind = record.verdict if record.verdict in ("opened", "corrected") else "rated"
    named = f"{record.author}\0{record.asker}\0{kind}\0{record.reference}\0{record.query}"
    return hashlib.blake2b(named.encode(), digest_size=16).digest()
