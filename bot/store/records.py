"""One line of `verse feedback export`: format `verse.feedback/1`, described in docs/feedback.md."""

from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.errors import FeedbackRefused
from bot.store.decisions import VERDICTS, Decision
from bot.store.wording import masked, normalised
from index.books import from_usfm, to_usfm
from index.errors import IndexingError

SCHEMA: Literal["verse.feedback/1"] = "verse.feedback/1"
Verdict = Literal["accepted", "corrected", "rejected", "not_in_the_bible", "rated_up", "rated_down", "opened"]


class ShownVerse(BaseModel):
    """A result that people saw."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reference: str
    rank: int = Field(ge=1)


class Record(BaseModel):
    """What one person or curator made of one question; the fields are described in docs/feedback.md."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    version: Literal["verse.feedback/1"] = Field(alias="schema")
    query: str = Field(min_length=1)
    verdict: Verdict
    reference: str | None
    shown: tuple[ShownVerse, ...]
    weight: float = Field(ge=0, le=1)
    by: Literal["curator", "user", "admin"]
    curator: str | None = Field(min_length=1, max_length=60)
    may_train: bool
    at: AwareDatetime
    translation: str | None
    build: str
    fingerprint: str | None
    author: str | None
    asker: str | None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for reference in filter(None, [self.reference, *(shown.reference for shown in self.shown)]):
            try:
                from_usfm(reference)
            except IndexingError as error:
                raise ValueError(str(error).rstrip(".")) from error
        if (
            self.verdict in ("accepted", "corrected", "rated_up", "rated_down", "opened")
            and not self.reference
        ):
            raise ValueError(f'"{self.verdict}" needs a reference')
        if self.verdict == "not_in_the_bible" and self.reference:
            raise ValueError('"not_in_the_bible" has no reference')
        if (self.by == "curator") != (self.curator is not None):
            raise ValueError("a curator's name belongs to a curator's decision and to no other")
        if (self.by == "curator") != (self.author is None):
            raise ValueError("only what a curator decided has no author")
        if self.by == "curator" and self.verdict in ("rated_up", "rated_down", "opened"):
            raise ValueError(f'a curator does not decide "{self.verdict}"')
        return self

    def line(self) -> str:
        """The record as JSON, without a newline."""
        return self.model_dump_json(by_alias=True)


def parse_record(line: str) -> Record:
    """A record from a line; raises `FeedbackRefused`, saying what is wrong with it."""
    try:
        return Record.model_validate_json(line)
    except ValidationError as error:
        first: Any = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise FeedbackRefused(f"{where}: {what}" if where else what) from error


def record_of(decision: Decision, weight: float) -> Record:
    """A curator's decision as a record."""
    return Record(
        version=SCHEMA,
        query=decision.query,
        verdict=decision.verdict,
        reference=None if decision.verse_id is None else to_usfm(decision.verse_id),
        shown=shown_verses(decision.shown),
        weight=weight,
        by="curator",
        curator=decision.curator,
        may_train=decision.consent,
        at=time_of(decision.decided_at),
        translation=None,
        build=decision.build_id,
        fingerprint=decision.fingerprint or None,
        author=None,
        asker=decision.who or None,
    )


def decision_of(record: Record) -> Decision:
    """The decision that a curator's record is."""
    verdict = next((known for known in VERDICTS if known == record.verdict), None)
    if record.curator is None or verdict is None:
        raise FeedbackRefused("this is no curator's decision")
    return Decision(
        query=normalised(masked(record.query)),
        curator=record.curator,
        verdict=verdict,
        verse_id=None if record.reference is None else from_usfm(record.reference),
        shown=tuple((from_usfm(shown.reference), shown.rank) for shown in record.shown),
        who=record.asker or "",
        consent=record.may_train,
        build_id=record.build,
        fingerprint=record.fingerprint or "",
        decided_at=round(record.at.timestamp() * 1000),
    )


def shown_verses(shown: tuple[tuple[int, int], ...]) -> tuple[ShownVerse, ...]:
    """(verse id, rank) of what people saw, as records have it."""
    return tuple(ShownVerse(reference=to_usfm(verse), rank=rank) for verse, rank in shown)


def time_of(milliseconds: int) -> datetime:
    """A time of the database, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
