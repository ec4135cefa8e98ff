"""What Discord and the console share: finding verses, and keeping what was asked and rated."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from bot.cooldown import Cooldown
from bot.encoder_link import EncoderLink
from bot.errors import BadQuery, ExperimentError, FeedbackRefused, NotAllowed
from bot.experiment import LiveExperiment, Teams
from bot.latencies import Latencies
from bot.metrics import Metrics
from bot.serving import ServingIndex
from bot.settings import BotSettings
from bot.store.ids import new_query_id
from bot.store.preferences import Looks
from bot.store.queries import Asked, Source
from bot.store.ratings import Shown, Value, Via
from bot.store.store import Store
from index.errors import EmbedderUnavailable
from index.reference import parse_reference
from index.results import Hit, SearchResult
from index.search import Embed, Searcher, text_to_encode
from index.settings import IndexSettings

T = TypeVar("T")

_ENCODER_STOP_S = 3.0
_MOST_REMEMBERED = 500  # answers, about 2 MB; 50 MB if all were whole chapters

RESULTS = 5
"""Verses in an answer: one in full and the next four."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever asks or rates; `who` and `place` are keyed hashes."""

    who: str
    source: Source
    place: str | None = None
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one query; `kept` is False when it was not logged, so it cannot be rated."""

    query_id: int
    result: SearchResult
    kept: bool


class VerseService:
    """Use `opened`."""

    def __init__(
        self, settings: BotSettings, store: Store, index: ServingIndex, encoder: EncoderLink
    ) -> None:
        self.settings = settings
        self.store = store
        self.index = index
        self.encoder = encoder
        self.experiment = LiveExperiment(store.experiments, index.directory)
        self._feedback = Cooldown(
            settings.feedback_uses,
            settings.feedback_s,
            "That is much feedback at once; this was not kept, and you can go on {ready}.",
        )
        self.latencies = Latencies()
        self.metrics = Metrics()
        self._recent: OrderedDict[int, Answer] = OrderedDict()
        # One: two would wait for each other and keep the event loop from the interpreter (measured: -10 %).
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: BotSettings) -> "AsyncIterator[VerseService]":
        """Opens store, index and encoder; on leaving, saves what is waiting and closes them.

        Neither a missing index nor a missing encoder is an error here: `find` says what is wrong.

        Raises:
            StoreError: the database or its key cannot be opened.

        """
        encoder = EncoderLink(settings)
        async with await Store.open(settings.database) as store:
            service = cls(
                settings, store, ServingIndex(IndexSettings(data_dir=settings.data_dir).index_dir), encoder
            )
            encoder.start()
            try:
                await service.index.reload()
                await service.experiment.resume()
                yield service
            finally:
                with suppress(TimeoutError):  # a worker that hangs is killed with this process
                    await asyncio.wait_for(encoder.stop(), _ENCODER_STOP_S)
                service._thread.shutdown(wait=False)

    async def find(
        self,
        text: str,
        person: Person,
        *,
        translation: str | None = None,
        book: str | None = None,
        testament: str | None = None,
        keep: bool = True,
        on_show: int | None = None,
    ) -> Answer:
        """Finds verses, and logs the query off the reply's path.

        Args:
            text: as typed; a reference is looked up.
            person: whoever asks.
            translation: code of the text to show; the installation's default without it.
            book: code, name or group of books to stay in.
            testament: "ot" or "nt" to stay in.
            keep: whether to log it, which must not be when the words are somebody else's.
            on_show: how many of the verses the answer will show with their text; all without it.

        Raises:
            NoIndex: with the command that mends it.
            IndexingError: an option has no meaning; the message says which do.

        """
        code = (translation or self.default_translation).strip().upper()
        text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate cannot be stored
        result = await self._search(text, code, book, testament)
        choice = await self.store.people.choice(person.who)
        keep = keep and not choice.opted_out
        query_id = new_query_id()
        teams: Teams = ()
        if keep:
            result, teams = await self._mixed(query_id, result, text, code, book, testament)
            asked = Asked(
                query_id=query_id,
                who=person.who,
                place=person.place,
                source=person.source,
                text=text,
                translation=code,
                book=book,
                testament=testament,
                consent=_consents(choice.consent, person),
            )
            await self.store.queries.log(asked, result, on_show=on_show)
            await self.experiment.note(query_id, teams)
        return self._remember(Answer(query_id, result, kept=keep))

    async def recall(self, query_id: int) -> Answer | None:
        """An answer given before: from memory, or found anew; None when the query is not kept.

        Raises:
            NoIndex: with the command that mends it.

        """
        if (answer := self._recent.get(query_id)) is not None:
            return answer
        asked = await self.store.queries.get(query_id)
        if asked is None:
            return None
        result = await self._search(asked.text, asked.translation, asked.book, asked.testament)
        if await self.experiment.took_part(query_id):
            result, _ = await self._mixed(
                query_id, result, asked.text, asked.translation, asked.book, asked.testament
            )
        return self._remember(Answer(query_id, result, kept=True))

    async def refresh(self) -> str:
        """Goes over to the index and the model that are current now, if they changed; says which serves."""
        if await self.index.outdated():
            # The model first: the worker keeps the old one as long as the old index asks for it.
            await self.encoder.reload()
            await self.index.reload()
        return f"Index {self.index.searcher.build_id} serves."

    async def looks(
        self,
        person: Person,
        *,
        translation: str | None = None,
        private: bool | None = None,
        channels: frozenset[int] = frozenset(),
    ) -> Looks:
        """How an answer looks: what was asked for, over the person's, the server's and the default choice.

        Args:
            person: whoever asks.
            translation, private: what was asked for with this query.
            channels: ids of the channel and of what it is a thread of; outside the server's chosen
                channels answers are private.

        """
        mine = await self.store.preferences.of_person(person.who)
        theirs = await self.store.preferences.of_server(person.place)
        known = self.index.searcher.translations
        chosen = [code for code in (mine.translation, theirs.translation) if code in known]
        outside = bool(theirs.channels) and channels.isdisjoint(theirs.channels)
        return Looks(
            translation=(translation or [*chosen, self.default_translation][0]).strip().upper(),
            private=outside or bool(mine.private if private is None else private),
            style=mine.style or "embed",
            numbers=mine.numbers is not False,
            reactions=theirs.reactions,
        )

    async def about(self, theme: str, translation: str, count: int) -> tuple[Hit, ...]:
        """The verses nearest to a theme, best first; nothing is logged."""
        return (await self._search(theme, translation, None, None, count)).hits

    async def look(self, read: Callable[[Searcher], T]) -> T:
        """Reads something from the index off the event loop; raises `NoIndex`."""
        searcher = self.index.searcher
        return await asyncio.get_running_loop().run_in_executor(self._thread, read, searcher)

    async def correct(self, query_id: int, reference: str, person: Person) -> int:
        """Notes which verse a person meant by a query; returns it (the first of several).

        Raises:
            BadQuery: that is no reference.
            IndexingError: there is no such verse.
            FeedbackRefused: the query is not kept, or the person opted out.
            NotAllowed: the person gives feedback too often.

        """
        parsed = parse_reference(reference)
        if parsed is None:
            raise BadQuery("That is not a reference I can read; write one such as Psalm 90:12.")
        verse_id = parsed.verse_ids[0]
        consent = await self._may_keep(person)
        await self.store.corrections.put(query_id, verse_id, who=person.who, consent=consent)
        return verse_id

    @property
    def default_translation(self) -> str:
        """The translation shown when nobody chose one: that of the settings, if the index has it."""
        known = self.index.searcher.translations
        return self.settings.translation if self.settings.translation in known else next(iter(known))

    async def rate(self, shown: Shown, person: Person, value: Value, via: Via) -> None:
        """Keeps a person's rating of a result, in place of an earlier one; returns when it is saved.

        Raises:
            FeedbackRefused: the answer is not kept, or the person opted out.
            NotAllowed: the person rates too often.
            StoreError: it could not be saved.

        """
        consent = await self._may_keep(person)
        await self.store.ratings.put(shown, who=person.who, value=value, via=via, consent=consent)
        self.metrics.ratings.labels("up" if value > 0 else "down", via).inc()
        await self.experiment.settle()

    async def note_opening(self, shown: Shown, person: Person) -> None:
        """Notes that a person opened one of the next best results, if that may be kept."""
        with suppress(FeedbackRefused, NotAllowed):
            consent = await self._may_keep(person)
            await self.store.corrections.opened(shown, who=person.who, consent=consent)

    async def forget(self, person: Person) -> None:
        """Deletes everything about a person, also what this process remembers."""
        await self.store.people.delete(person.who)
        self.store.preferences.forget(person.who)
        self._recent.clear()

    async def unrate(self, shown: Shown, person: Person) -> None:
        """Takes a rating back."""
        await self.store.ratings.remove(shown, who=person.who)

    async def unreact(self, query_id: int, person: Person, value: Value) -> None:
        """Takes back the rating that a reaction was, unless it has been changed since."""
        await self.store.ratings.remove_reaction(query_id, who=person.who, value=value)

    async def _may_keep(self, person: Person) -> bool:
        """Whether training may use what is kept now.

        Raises:
            FeedbackRefused: nothing of that person may be kept.
            NotAllowed: the person gives feedback too often.

        """
        choice = await self.store.people.choice(person.who)
        if choice.opted_out:
            raise FeedbackRefused(
                "You opted out of being logged, so nothing was kept; `/privacy optout` changes that."
            )
        if person.source == "discord":
            self._feedback.take(person.who)
        return _consents(choice.consent, person)

    async def start_experiment(self, challenger: dict[str, Any]) -> None:
        """Compares the index that serves with another way of searching; raises `ExperimentError`, `NoIndex`."""

        async def check(other: Searcher) -> None:
            embed = await self._encoded("in the beginning", other)
            try:
                if embed is not None:
                    embed([])
            except EmbedderUnavailable as error:
                raise ExperimentError(f"That index cannot be searched whole now: {error}") from error

        await self.experiment.start(self.index.searcher, challenger, check)

    async def _mixed(
        self, query_id: int, own: SearchResult, text: str, code: str, book: str | None, testament: str | None
    ) -> tuple[SearchResult, Teams]:
        """The answer with the challenger's verses in it, while an experiment runs."""
        challenger = self.experiment.challenger(self.index.searcher)
        if challenger is None:
            return own, ()
        other = await self._search(text, code, book, testament, searcher=challenger)
        return self.experiment.mix(query_id, own, other)

    async def _search(
        self,
        text: str,
        translation: str,
        book: str | None,
        testament: str | None,
        count: int = RESULTS,
        searcher: Searcher | None = None,
    ) -> SearchResult:
        searcher = searcher or self.index.searcher
        begin = perf_counter()
        # Encoded out here, where the queries of many people go together.
        embed = await self._encoded(text_to_encode(text), searcher)
        encode_ms = (perf_counter() - begin) * 1000
        search = partial(
            searcher.search,
            text,
            embed=embed,
            k=count,
            translation=translation,
            book=book,
            testament=testament,
        )
        result = await asyncio.get_running_loop().run_in_executor(self._thread, search)
        timings = result.timings | {"encode": encode_ms}
        result = replace(result, took_ms=result.took_ms + encode_ms, timings=timings)
        self.latencies.add(result.took_ms)
        self.metrics.search_seconds.labels("all").observe(result.took_ms / 1000)
        for stage, ms in result.timings.items():
            self.metrics.search_seconds.labels(stage).observe(ms / 1000)
        return result

    async def _encoded(self, text: str | None, searcher: Searcher) -> Embed | None:
        return await self.encoder.encoded(text, searcher.fingerprint, self.metrics.words_only.inc)

    def _remember(self, answer: Answer) -> Answer:
        self._recent[answer.query_id] = answer
        if len(self._recent) > _MOST_REMEMBERED:
            self._recent.popitem(last=False)
        return answer


def _consents(decided: bool | None, person: Person) -> bool:
    # Whoever keeps the installation may train on what they write themselves, unless they say no.
    return person.is_admin if decided is None else decided
