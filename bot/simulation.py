"""`verse feedback simulate`: weeks of simulated use in an empty log, to try review, retraining and promotion with.

Who asks, what they are shown and what they say comes from `verse train simulate`. Simulated people have ids below
0, which Discord never gives, so a log with anything else in it is refused.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.errors import StoreError
from bot.settings import BotSettings
from bot.store.ids import id_at
from bot.store.queries import Asked
from bot.store.store import Store
from index.books import from_usfm
from index.results import Hit, SearchResult

_AFTER_MS = 30_000  # from the answer to the reaction
_RATE = (
    "INSERT OR REPLACE INTO ratings (query_id, verse_id, who, value, via, rated_at, consent)"
    " VALUES (?, ?, ?, ?, 'button', ?, ?)"
)
_CORRECT = (
    "INSERT OR REPLACE INTO corrections (query_id, who, verse_id, corrected_at, consent)"
    " VALUES (?, ?, ?, ?, ?)"
)
_OPEN = "INSERT OR IGNORE INTO openings (query_id, verse_id, who, opened_at, consent) VALUES (?, ?, ?, ?, ?)"
_VALUES = {"rated_up": 1, "rated_down": -1}


async def simulate(settings: BotSettings, days: int, questions: int, malicious: float, seed: int) -> int:
    """Simulates and fills the log; returns how many questions it has now.

    Raises:
        StoreError: there is something in the log, or the simulation failed, which has said why.

    """
    async with await Store.open(settings.database) as store:
        if await store.database.row("SELECT 1 FROM queries") is not None:
            raise StoreError(
                f"{settings.database} has questions in it already, and simulated ones must not mix with them;"
                " set VERSE_DATA_DIR to another directory that has an index."
            )
        with TemporaryDirectory() as scratch:
            path = Path(scratch) / "sessions.jsonl"
            command = [sys.executable, "-m", "bot", "train", "simulate", str(path), "--days", str(days)]
            command += ["--questions", str(questions), "--malicious", str(malicious), "--seed", str(seed)]
            if subprocess.run(command, check=False).returncode:  # noqa: ASYNC221 - nothing else runs here
                raise StoreError("The simulation failed, so the log stays empty.")
            lines = await asyncio.to_thread(path.read_text, "utf-8")
        return await fill(store, [json.loads(line) for line in lines.splitlines()])


async def fill(store: Store, sessions: Sequence[Mapping[str, Any]]) -> int:
    """Puts sessions into the log; returns how many there were."""
    for number, session in enumerate(sessions):
        await _add(store, session, number)
    await store.database.write([])
    return len(sessions)


async def _add(store: Store, session: Mapping[str, Any], number: int) -> None:
    who = store.identity.person(-1 - session["person"])
    at, consent = int(session["at"]), bool(session["consents"])
    query_id = id_at(at) | number % (1 << 21)
    if (await store.people.choice(who)).consent is None:
        await store.people.set_consent(who, consent)
    asked = Asked(
        query_id=query_id,
        who=who,
        place=store.identity.place(-1 - session["place"]),
        source="discord",
        text=session["query"],
        translation="WEB",
        book=None,
        testament=None,
        consent=consent,
    )
    hits = tuple(
        Hit(from_usfm(hit["reference"]), hit["reference"], hit["score"], "WEB", "", tuple(hit["matched_by"]))
        for hit in session["shown"]
    )
    result = SearchResult(
        session["query"],
        hits,
        session["confidence"],
        session["sure"],
        session["took_ms"],
        build_id=session["build"],
        fingerprint=session["fingerprint"],
    )
    await store.queries.log(asked, result)
    statements: list[tuple[str, list[tuple[Any, ...]]]] = []
    for event in session["events"]:
        verse, then = from_usfm(event["reference"]), at + _AFTER_MS
        match event["verdict"]:
            case "opened":
                statements.append((_OPEN, [(query_id, verse, who, then, consent)]))
            case "corrected":
                statements.append((_CORRECT, [(query_id, who, verse, then, consent)]))
            case verdict:
                statements.append((_RATE, [(query_id, verse, who, _VALUES[verdict], then, consent)]))
    await store.database.submit(statements)
