"""What a search gives back, and its machine-readable form."""

from dataclasses import dataclass, field
from typing import Any, Literal

MatchedBy = Literal["words", "meaning", "reference"]


@dataclass(frozen=True, slots=True)
class Hit:
    """One verse found.

    Attributes:
        verse_id: bbcccvvv.
        reference: USFM, "PSA 90:12".
        score: comparable within one result only; 1.0 for a look-up.
        translation: code of the text shown; another than asked for where that lacks the verse.
        text: the verse.
        matched_by: what found it.
        matched_words: (start, end) characters in `text` that match the query, ascending.
        matched_translation: the translation whose words fit best, when it is not the one shown.

    """

    verse_id: int
    reference: str
    score: float
    translation: str
    text: str
    matched_by: tuple[MatchedBy, ...]
    matched_words: tuple[tuple[int, int], ...] = ()
    matched_translation: str | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one query.

    Attributes:
        query: as typed.
        hits: best first; empty only when `notice` says why.
        confidence: estimated probability that the first hit is the verse that was meant.
        sure: whether that reaches the bar; below it, say "not sure, the closest are".
        took_ms: the whole search in milliseconds, encoding included.
        timings: milliseconds of its parts: parse, encode, words, meaning, rank, explain.
        notice: one sentence for the user, or None.
        build_id: snapshot that answered.
        fingerprint: model of that snapshot, None when it has no vectors.

    """

    query: str
    hits: tuple[Hit, ...]
    confidence: float
    sure: bool
    took_ms: float
    timings: dict[str, float] = field(default_factory=dict)
    notice: str | None = None
    build_id: str = ""
    fingerprint: str | None = None

    def to_json(self, id: str | None = None) -> dict[str, Any]:  # noqa: A002 - the field's name
        """The object that `verse search --json` and `--batch` print."""
        head: dict[str, Any] = {} if id is None else {"id": id}
        return head | {
            "query": self.query,
            "confidence": round(self.confidence, 4),
            "sure": self.sure,
            "results": [
                {
                    "reference": hit.reference,
                    "score": round(hit.score, 4),
                    "translation": hit.translation,
                    "text": hit.text,
                    "matched_by": list(hit.matched_by),
                    "matched_words": [list(span) for span in hit.matched_words],
                    "matched_translation": hit.matched_translation,
                }
                for hit in self.hits
            ],
            "notice": self.notice,
            "took_ms": round(self.took_ms, 3),
        }
