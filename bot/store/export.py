"""Writes ratings and corrections as training data would want them: one JSON object a line.

    {"schema": 1, "query": "number my days", "reference": "PSA 90:12", "rating": 1, "rank": 1,
     "time": "2026-11-26T20:30:00.123Z", "via": "button", "translation": "WEB",
     "versions": {"index": …, "model": …, "program": …}, "may_train": false}

`rating` is 1 or -1; a verse that somebody said they meant has 1, via "correction", and no rank when it was not
among the answers. `may_train` is true only when both the author of the query and the person who
rated allow it; Discord forbids training on what users write without their permission.
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from bot.store.database import Database
from index.books import to_usfm

SCHEMA = 1
_PAGE = 1_000  # queries read at a time

_IDS = """
SELECT id FROM queries q WHERE id > ?
AND (EXISTS (SELECT 1 FROM ratings WHERE query_id = q.id)
     OR EXISTS (SELECT 1 FROM corrections WHERE query_id = q.id))
ORDER BY id LIMIT ?
"""
_SELECT = """
WITH judged AS (
    SELECT query_id, verse_id, who, via, value, rated_at, consent FROM ratings
    WHERE query_id BETWEEN :first AND :last
    UNION ALL
    SELECT query_id, verse_id, who, 'correction', 1, corrected_at, consent FROM corrections
    WHERE query_id BETWEEN :first AND :last
)
SELECT q.text, q.translation, j.verse_id, j.value, j.rated_at, j.via,
       s.rank, v.build_id, v.fingerprint, v.program, q.consent AND j.consent AS may_train
FROM judged j
JOIN queries q ON q.id = j.query_id
JOIN versions v ON v.id = q.version_id
LEFT JOIN results s ON s.query_id = j.query_id AND s.verse_id = j.verse_id
WHERE q.consent AND j.consent OR NOT :consented_only
ORDER BY j.query_id, j.rated_at, j.verse_id, j.who, j.via
"""


async def export_lines(database: Database, *, consented_only: bool) -> AsyncIterator[str]:
    """Every rating and correction as a line of JSON without its newline, in the order of the queries."""
    last = -1
    while ids := await database.rows(_IDS, (last, _PAGE)):
        first, last = ids[0]["id"], ids[-1]["id"]
        page = {"first": first, "last": last, "consented_only": consented_only}
        for row in await database.rows(_SELECT, page):
            time = datetime.fromtimestamp(row["rated_at"] / 1000, UTC)
            yield json.dumps(
                {
                    "schema": SCHEMA,
                    "query": row["text"],
                    "reference": to_usfm(row["verse_id"]),
                    "rating": row["value"],
                    "rank": row["rank"],
                    "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    "via": row["via"],
                    "translation": row["translation"],
                    "versions": {
                        "index": row["build_id"],
                        "model": row["fingerprint"] or None,
                        "program": row["program"],
                    },
                    "may_train": bool(row["may_train"]),
                },
                ensure_ascii=False,
            )
