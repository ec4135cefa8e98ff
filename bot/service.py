"""What Discord and the console share: finding verses, and keeping what was asked and rated."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bot.encoder_link import EncoderLink
from bot.errors import FeedbackRefused
from bot.latencies import Latencies
from bot.serving import ServingIndex
from bot.settings import BotSettings
from bot.store.ids import new_query_id
from bot.store.queries import Asked, Source
from bot.store.ratings import Shown, Value, Via
from bot.store.store import Store
from index.results import SearchResult
from index.settings import IndexSettings

# Threads wait for the encoder, which batches what they ask; few would starve it.
_SEARCH_THREADS = 32
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
    """The answer to one query; `kept` is False when its author opted out, so it cannot be rated."""

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
        self.latencies = Latencies()
        self._recent: OrderedDict[int, Answer] = OrderedDict()
        self._threads = ThreadPoolExecutor(_SEARCH_THREADS, thread_name_prefix="search")

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
                yield service
            finally:
                await encoder.stop()
                service._threads.shutdown(wait=False)

    async def find(
        self,
        text: str,
        person: Person,
        *,
        translation: str | None = None,
        book: str | None = None,
        testament: str | None = None,
    ) -> Answer:
        """Finds verses, and logs the query off the reply's path.

        Args:
            text: as typed; a reference is looked up.
            person: whoever asks.
            translation: code of the text to show; the installation's default without it.
            book: code, name or group of books to stay in.
            testament: "ot" or "nt" to stay in.

        Raises:
            NoIndex: with the command that mends it.
            IndexingError: an option has no meaning; the message says which do.

        """
        code = (translation or self.default_translation).strip().upper()
        text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate cannot be stored
        result = await self._search(text, code, book, testament)
        choice = await self.store.people.choice(person.who)
        query_id = new_query_id()
        if not choice.opted_out:
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
            await self.store.queries.log(asked, result)
        return self._remember(Answer(query_id, result, kept=not choice.opted_out))

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
        return self._remember(Answer(query_id, result, kept=True))

    async def refresh(self) -> str:
        """Goes over to the index and the model that are current now, if they changed; says which serves."""
        if await self.index.outdated():
            # The model first: the worker keeps the old one as long as the old index asks for it.
            await self.encoder.reload()
            await self.index.reload()
        return f"Index {self.index.searcher.build_id} serves."

    @property
    def default_translation(self) -> str:
        """The translation shown when nobody chose one: that of the settings, if the index has it."""
        known = self.index.searcher.translations
        return self.settings.translation if self.settings.translation in known else next(iter(known))

    async def rate(self, shown: Shown, person: Person, value: Value, via: Via) -> None:
        """Keeps a person's rating of a result, in place of an earlier one; returns when it is saved.

        Raises:
            FeedbackRefused: the answer is not kept, or the person opted out.
            StoreError: it could not be saved.

        """
        choice = await self.store.people.choice(person.who)
        if choice.opted_out:
            raise FeedbackRefused(
                "You opted out of being logged, so nothing was kept; `/privacy optout` changes it."
            )
        consent = _consents(choice.consent, person)
        await self.store.ratings.put(shown, who=person.who, value=value, via=via, consent=consent)

    async def unrate(self, shown: Shown, person: Person, value: Value | None = None) -> None:
        """Takes a rating back; with `value` only if it is still that one."""
        await self.store.ratings.remove(shown, who=person.who, value=value)

    async def _search(
        self, text: str, translation: str, book: str | None, testament: str | None
    ) -> SearchResult:
        searcher = self.index.searcher
        search = partial(
            searcher.search,
            text,
            embed=self.encoder.embedder(searcher.fingerprint),
            k=RESULTS,
            translation=translation,
            book=book,
            testament=testament,
        )
        result = await asyncio.get_running_loop().run_in_executor(self._threads, search)
        self.latencies.add(result.took_ms)
        return result

    def _remember(self, answer: Answer) -> Answer:
        self._recent[answer.query_id] = answer
        if len(self._recent) > _MOST_REMEMBERED:
            self._recent.popitem(last=False)
        return answer


def _consents(decided: bool | None, person: Person) -> bool:
    # Whoever keeps the installation may train on what they write themselves, unless they say no.
    return person.is_admin if decided is None else decided
