"""A simulated month in the log: with its own times, as review wants it, and never beside real questions."""

import json
from typing import Any

import pytest

from bot.errors import StoreError
from bot.service import Person, VerseService
from bot.settings import BotSettings
from bot.simulation import fill, simulate
from bot.store.export import export_lines

AT = 1_767_225_600_000


def session(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "at": AT + number * 3_600_000,
        "person": number % 3,
        "place": 0,
        "consents": number % 3 == 0,
        "query": f"number my days {number}",
        "took_ms": 3.0,
        "confidence": 0.9,
        "sure": True,
        "build": "b",
        "fingerprint": "f",
        "shown": [
            {"reference": "PSA 90:12", "score": 1.0, "matched_by": ["words"]},
            {"reference": "PSA 39:4", "score": 0.5, "matched_by": ["meaning"]},
        ],
        "events": [
            {"verdict": "opened", "reference": "PSA 39:4"},
            {"verdict": "rated_down", "reference": "PSA 90:12"},
            {"verdict": "corrected", "reference": "PSA 90:10"},
        ],
        **changes,
    }


async def test_sessions_are_in_the_log_as_if_they_had_happened(service: VerseService) -> None:
    assert await fill(service.store, [session(number) for number in range(9)]) == 9
    (row,) = await service.store.database.rows("SELECT min(asked_at), max(asked_at), count(*) FROM queries")
    assert tuple(row) == (AT, AT + 8 * 3_600_000, 9)
    (row,) = await service.store.database.rows(
        "SELECT sum(queries), sum(down), count(DISTINCT day) FROM days"
    )
    assert tuple(row) == (9, 9, 1), "figures are kept for the day of the question"
    lines = [json.loads(line) async for line in export_lines(service.store.database, consented_only=False)]
    assert {line["verdict"] for line in lines} == {"opened", "rated_down", "corrected"}
    assert sum(line["may_train"] for line in lines) == 9, "three questions of the one person who consents"
    assert all(line["at"].startswith("2026-01-01") for line in lines)
    assert {line["author"] for line in lines} != {None}


async def test_real_questions_are_never_mixed_with_simulated_ones(
    service: VerseService, settings: BotSettings, ann: Person
) -> None:
    await service.find("number my days", ann)
    await service.store.database.write([])
    with pytest.raises(StoreError, match="must not mix"):
        await simulate(settings, 30, 10, 0.0, 0)
