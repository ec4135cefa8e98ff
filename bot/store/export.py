"""Writes ratings as training data would want them: one JSON object a line.

    {"schema": 1, "query": "number my days", "reference": "PSA 90:12", "rating": 1, "rank": 1,
     "time": "2026-11-26T20:30:00.123Z", "via": "button", "translation": "WEB",
     "versions": {"index": …, "model": …, "program": …}, "may_train": false}

`rating` is 1 or -1. `may_train` is true only when both the author of the query and the person who
rated allow it; Discord forbids training on what users write without their permission.
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from bot.store.database import Database
from index.books import to_usfm

SCHEMA = 1
_PAGE = 1_000

_SELECT = """
SELECT q.id AS query_id, r.verse_id, r.who, q.text, q.translation, r.value, r.rated_at, r.via,
       s.rank, v.build_id, v.fingerprint, v.program, q.consent AND r.consent AS may_train
FROM ratings r
JOIN queries q ON q.id = r.query_id
JOIN versions v ON v.id = q.version_id
LEFT JOIN results s ON s.query_id = r.query_id AND s.verse_id = r.verse_id
WHERE (r.query_id, r.verse_id, r.who) > (?, ?, ?) AND (q.consent AND r.consent OR NOT ?)
ORDER BY r.query_id, r.verse_id, r.who LIMIT ?
"""


async def export_lines(database: Database, *, consented_only: bool) -> AsyncIterator[str]:
    """Every rating as a line of JSON without its newline, in the order of the queries."""
    after: tuple[int, int, str] = (-1, -1, "")
    while rows := await database.rows(_SELECT, (*after, consented_only, _PAGE)):
        for row in rows:
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
        after = (rows[-1]["query_id"], rows[-1]["verse_id"], rows[-1]["who"])
