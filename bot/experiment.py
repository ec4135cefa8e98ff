"""The live comparison that runs, if any: the index that serves against a challenger, in the same answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from bot.errors import ExperimentError
from bot.store.experiments import Experiment, Experiments
from index import snapshot
from index.errors import IndexingError
from index.interleave import ALPHA, Preference, Team, team_draft
from index.results import Hit, SearchResult
from index.search import Searcher

log = logging.getLogger(__name__)

Teams = tuple[tuple[int, Team], ...]


class LiveExperiment:
    """At most one runs. `resume` before the first question."""

    def __init__(self, records: Experiments, index_dir: Path) -> None:
        self._records = records
        self._index_dir = index_dir
        self._running: Experiment | None = None
        self._other: Searcher | None = None

    async def resume(self) -> None:
        """Goes on with what ran before a restart; what cannot go on says so in the log."""
        latest = await self._records.latest()
        if latest is None or latest.ended_at is not None:
            return
        try:
            self._other = await self._opened(latest.challenger)
        except (ExperimentError, IndexingError) as error:
            log.warning("the experiment does not go on: %s", error)
            await self._records.end(latest.id, str(error))
            return
        self._running = latest

    async def start(
        self, current: Searcher, challenger: dict[str, Any], check: Callable[[Searcher], Awaitable[None]]
    ) -> None:
        """Begins one.

        Args:
            current: the index that serves.
            challenger: {"meaning": share of meaning} or {"build": id of another snapshot that is kept}.
            check: raises where the other index cannot be searched whole, for lack of its model.

        Raises:
            ExperimentError: another runs, or there is no such challenger.

        """
        if self._running is not None:
            raise ExperimentError("An experiment is running; stop it first.")
        if challenger.get("build") == current.build_id:
            raise ExperimentError("That index is the one that serves; choose another.")
        other = await self._opened(challenger)
        if other is not None:
            await check(other)
        await self._records.begin(challenger, current.build_id)
        self._other, self._running = other, await self._records.latest()

    async def stop(self) -> str:
        """Ends it; the outcome in a sentence. Raises ExperimentError when none runs."""
        if self._running is None:
            raise ExperimentError("No experiment is running.")
        running, self._running, self._other = self._running, None, None
        outcome = sentence(await self._records.preference(running.id))
        await self._records.end(running.id, outcome)
        return outcome

    async def settle(self) -> None:
        """Ends it when it is decided."""
        if self._running is not None:
            preference = await self._records.preference(self._running.id)
            if preference.verdict != "open" and self._running is not None:
                log.info("the experiment is decided: %s", await self.stop())

    def challenger(self, current: Searcher) -> Searcher | None:
        """Team B, while an experiment runs against the index that serves."""
        running = self._running
        if running is None or running.build_id != current.build_id:
            return None
        meaning = running.challenger.get("meaning")
        return self._other if meaning is None else current.with_meaning(meaning)

    def mix(self, query_id: int, own: SearchResult, other: SearchResult) -> tuple[SearchResult, Teams]:
        """One answer of two, and who put what into it: no teams where the two cannot be compared.

        The coin is the question's number, so the same question is mixed the same way again.
        """
        both = own.hits and other.hits and own.notice == other.notice
        if not both or "reference" in own.hits[0].matched_by:
            return own, ()
        hits: dict[int, Hit] = {hit.verse_id: hit for hit in (*other.hits, *own.hits)}
        teams = team_draft(
            [hit.verse_id for hit in own.hits],
            [hit.verse_id for hit in other.hits],
            max(len(own.hits), len(other.hits)),
            Random(query_id),
        )
        first = teams[0][0]
        surer = own if own.hits[0].verse_id == first else other
        return replace(
            own,
            hits=tuple(hits[verse] for verse, _ in teams),
            confidence=surer.confidence,
            sure=surer.sure,
        ), teams

    async def note(self, query_id: int, teams: Teams) -> None:
        """Keeps who put what into an answer."""
        if teams and self._running is not None:
            await self._records.draft(self._running.id, query_id, teams)

    async def took_part(self, query_id: int) -> bool:
        """Whether that answer was made of two."""
        return self._running is not None and await self._records.took_part(query_id)

    async def status(self, current: Searcher) -> str:
        """How it stands, in sentences."""
        latest = await self._records.latest()
        if latest is None:
            return "No experiment was started yet."
        if latest.ended_at is not None:
            return f"No experiment is running. The last one, against {_named(latest)}: {latest.outcome}"
        questions = await self._records.questions(latest.id)
        found = sentence(await self._records.preference(latest.id))
        changed = latest.build_id != current.build_id
        rests = " It rests, for another index serves now than at its start; stop it." if changed else ""
        return f"Running against {_named(latest)}: {questions:,} mixed answers. {found}{rests}"

    async def _opened(self, challenger: dict[str, Any]) -> Searcher | None:
        if "meaning" in challenger:
            return None
        kept = {path.name: path for path in snapshot.snapshots(self._index_dir)}
        if (path := kept.get(challenger["build"])) is None:
            raise ExperimentError(f"There is no such index; kept are {', '.join(kept)}.")
        return await asyncio.to_thread(Searcher.open, path)


def sentence(preference: Preference) -> str:
    """What the figures say so far, and how sure that is."""
    figures = (
        f"The serving index won {preference.wins_a:,} questions and the challenger {preference.wins_b:,}"
        f" ({preference.ties:,} ties); sign test p = {preference.p_value:.3f}, valid at every look"
        f" p = {preference.always_p:.3f}."
    )
    match preference.verdict:
        case "A":
            return f"{figures} The serving index is preferred."
        case "B":
            return f"{figures} The challenger is preferred."
        case "equal":
            return f"{figures} Neither is preferred."
    return f"{figures} Not decided (it is at {ALPHA})."


def _named(experiment: Experiment) -> str:
    meaning = experiment.challenger.get("meaning")
    return (
        f"index {experiment.challenger.get('build')}"
        if meaning is None
        else f"a meaning share of {meaning:g}"
    )
