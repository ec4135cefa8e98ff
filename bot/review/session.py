"""One curator's way through the questions: decides, keeps each decision at once, and takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.errors import BadQuery
from bot.store.candidates import Candidate, Candidates, Question
from bot.store.decisions import Decision, Verdict
from bot.store.ids import now_ms
from bot.store.store import Store
from bot.store.wording import masked, normalised
from index.books import display
from index.reference import parse_reference


@dataclass(frozen=True, slots=True)
class _Decided:
    """A step that put a decision in place of another, if there was one."""

    position: int
    decision: Decision
    before: Decision | None


@dataclass(frozen=True, slots=True)
class _Skipped:
    position: int


@dataclass(frozen=True, slots=True)
class _Masked:
    """A step that changed a question's words; `rows` are those of the log as they were."""

    position: int
    candidate: Candidate
    rows: Sequence[tuple[str, str, int]]
    words: str


class Review:
    """Use `begin`. Everything a person may do returns what came of it in a sentence."""

    def __init__(self, store: Store, curator: str, queue: list[Candidate], decided_before: int) -> None:
        self._store = store
        self._candidates = Candidates(store.database)
        self._queue = queue
        self._steps: list[_Decided | _Skipped | _Masked] = []
        self.curator = curator
        self.position = 0
        self.decided_before = decided_before

    @classmethod
    async def begin(cls, store: Store, curator: str) -> "Review":
        """Goes on where that curator stopped: with every question that they have not decided."""
        decided = {decision.query for decision in await store.decisions.all(curator)}
        queue = [
            candidate
            for candidate in await Candidates(store.database).queue()
            if _words(candidate.query) not in decided
        ]
        return cls(store, curator, queue, len(decided))

    @property
    def total(self) -> int:
        """Questions of this session."""
        return len(self._queue)

    @property
    def decided(self) -> int:
        """Questions decided in this session."""
        return sum(isinstance(step, _Decided) for step in self._steps)

    async def current(self) -> Question | None:
        """The question to decide; None at the end."""
        while self.position < len(self._queue):
            question = await self._candidates.question(self._queue[self.position])
            if question is not None:
                return question
            del self._queue[self.position]
        return None

    async def accept(self, question: Question, rank: int) -> str:
        """The result of that rank is what was meant."""
        verse = next((found.verse_id for found in question.results if found.rank == rank), None)
        if verse is None:
            raise BadQuery(f"There is no result {rank}.")
        return await self._decide(question, "accepted", verse)

    async def correct(self, question: Question, reference: str) -> str:
        """Another verse is; raises `BadQuery` or `IndexingError` when that is no reference."""
        parsed = parse_reference(reference)
        if parsed is None:
            raise BadQuery("That is not a reference I can read; write one such as Psalm 90:12.")
        verse = parsed.verse_ids[0]
        among = any(found.verse_id == verse for found in question.results)
        return await self._decide(question, "accepted" if among else "corrected", verse)

    async def reject(self, question: Question) -> str:
        """No result is right, and which verse would be is not known."""
        first = next((found.verse_id for found in question.results), None)
        return await self._decide(question, "rejected", first)

    async def not_in_the_bible(self, question: Question) -> str:
        """No verse is right."""
        return await self._decide(question, "not_in_the_bible", None)

    async def mask(self, question: Question, words: Sequence[str]) -> str:
        """Takes personal data, and those words, out of the question in the log, however often it was asked."""
        candidate = question.candidate
        new = normalised(masked(candidate.query, *words))
        if new == candidate.query:
            raise BadQuery("Nothing of that is in the question.")
        rows = await self._store.decisions.reword(candidate.query, new)
        self._steps.append(_Masked(self.position, candidate, rows, new))
        self._queue[self.position] = replace(candidate, query=new)
        return "Masked, in the log too."

    def skip(self) -> str:
        """Leaves it for the next session."""
        self._steps.append(_Skipped(self.position))
        self.position += 1
        return "Left for the next time."

    async def undo(self) -> str:
        """Takes the last step of this session back, and returns to its question."""
        if not self._steps:
            raise BadQuery("There is nothing to take back.")
        step = self._steps.pop()
        self.position = step.position
        if isinstance(step, _Masked):
            await self._store.decisions.put_back(step.rows, step.words)
            self._queue[step.position] = step.candidate
            return "The words are back."
        if isinstance(step, _Decided):
            if step.before is None:
                await self._store.decisions.remove(step.decision.query, self.curator)
            else:
                await self._store.decisions.put([step.before])
            return "The decision is taken back."
        return "Here it is again."

    async def _decide(self, question: Question, verdict: Verdict, verse: int | None) -> str:
        decision = Decision(
            query=_words(question.candidate.query),
            curator=self.curator,
            verdict=verdict,
            verse_id=verse,
            shown=tuple((found.verse_id, found.rank) for found in question.results if found.seen),
            who=question.who,
            consent=question.consent,
            build_id=question.build_id,
            fingerprint=question.fingerprint,
            decided_at=now_ms(),
        )
        before = await self._store.decisions.get(decision.query, self.curator)
        await self._store.decisions.put([decision])
        self._steps.append(_Decided(self.position, decision, before))
        self.position += 1
        return f"{_said(decision)} {await self._compared(decision)}".rstrip()

    async def _compared(self, decision: Decision) -> str:
        """What other curators think, which nobody is told before they have decided."""
        others = [
            other for other in await self._store.decisions.on(decision.query) if other.curator != self.curator
        ]
        if not others:
            return ""
        same = sum(other.opinion == decision.opinion for other in others)
        return f"{same} of {len(others)} other curators decided the same."


def _said(decision: Decision) -> str:
    if decision.right_verse is not None:
        return f"“{decision.query}” is {display(decision.right_verse)}."
    if decision.verdict == "rejected":
        return f"No answer to “{decision.query}” was right."
    return f"“{decision.query}” is not in the Bible."


def _words(query: str) -> str:
    """The question as decisions name it."""
    return normalised(masked(query))
