"""The door of this room: `Searcher` opens a snapshot and answers queries.

    searcher = Searcher.open(snapshot.current(Path("data/index")))
    result = searcher.search("number my days", embed=None)

A searcher never changes after it was opened, so any number of threads may use it; a new index is a new
searcher, swapped in by whoever holds the old one.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from index import layout, snapshot
from index.books import display
from index.confidence import BAR, Calibration
from index.dense import Vectors
from index.errors import (
    BadOption,
    EmbedderUnavailable,
    OtherModel,
    ReferenceError_,
    UnknownTranslation,
    UnknownVerse,
)
from index.explain import Explainer
from index.filters import Wording, by_book
from index.fit import MODES, Mode
from index.fusion import FusionWeights
from index.lexical import best
from index.query import Query, parse, tidy
from index.ranking import CANDIDATES, Mask, Ranked, Ranker, Words
from index.reference import Reference, parse_reference
from index.results import Hit, MatchedBy, SearchResult

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""(N,) queries -> (N, D) float32 unit vectors; may raise `EmbedderUnavailable`."""

_MOST_LOOKED_UP = 200
"""Verses of one reference that are given back; the longest chapter has 176."""
_LIFT_CHAPTER, _LIFT_BOOK = 0.6, 0.3
"""Added to the fused score (0 to about 2) of a hint's verses.

With the chapter named before each dev query, success@1 (words) rises from 0.84 to 0.95; with the next
chapter named instead, a slip of memory, it falls to 0.81 only.
"""


def text_to_encode(query: str) -> str | None:
    """What `Searcher.search` has `embed` encode; None for a look-up, and when nothing can be searched."""
    try:
        if parse_reference(tidy(query)) is not None:
            return None
    except ReferenceError_:
        return None
    parsed = parse(query)
    return parsed.plain if parsed.terms else None


class Searcher:
    """One opened index."""

    def __init__(self, build_id: str, manifest: snapshot.Manifest, content: layout.Content) -> None:
        """Use `open`."""
        self.build_id = build_id
        self.manifest = manifest
        self.fingerprint: str | None = manifest["fingerprint"]
        self._verse_ids = content.documents.verse_ids
        self._rows = {verse: row for row, verse in enumerate(self._verse_ids.tolist())}
        self._texts = content.texts
        self._ranker = Ranker(content, manifest["parameters"]["bm25"]["k1"])
        fitted = manifest["fitted"]
        self._fusion = {mode: FusionWeights(**w) for mode, w in fitted["fusion"].items()}
        self._calibration = {
            mode: Calibration(tuple(c["weights"]), c["offset"]) for mode, c in fitted["calibration"].items()
        }
        self._explainer = Explainer(content, self._ranker)
        self._wording = Wording(self._ranker, len(self._verse_ids))

    @classmethod
    def open(cls, snapshot_dir: Path) -> "Searcher":
        """Opens and verifies a snapshot; raises `DamagedSnapshot`."""
        manifest = snapshot.verify(snapshot_dir)
        content = layout.load(snapshot_dir, manifest["parameters"]["ef"])
        return cls(snapshot_dir.name, manifest, content)

    def fold(self, number: int) -> "Searcher":
        """This index with the weights that one fold of the dev set may be measured with."""
        other = copy(self)
        folds = self.manifest["fitted"]["folds"]
        weights = {mode: FusionWeights(**of_fold[number]) for mode, of_fold in folds.items()}
        other._fusion = self._fusion | weights
        return other

    def with_meaning(self, share: float) -> "Searcher":
        """This index with another share of meaning in hybrid search, to compare the two."""
        other = copy(self)
        other._fusion = self._fusion | {"hybrid": replace(self._fusion["hybrid"], meaning=share)}
        return other

    def without_reranking(self) -> "Searcher":
        """This index with fusion alone, to measure what word order adds."""
        other = copy(self)
        other._fusion = {mode: replace(weights, order=0.0) for mode, weights in self._fusion.items()}
        return other

    @property
    def verse_count(self) -> int:
        """Verses that can be found."""
        return len(self._verse_ids)

    @property
    def translations(self) -> dict[str, str]:
        """{code: name} of the translations that can be shown, the preferred one first."""
        return {code: self.manifest["translations"][code]["name"] for code in self._texts.codes}

    def check_model(self, fingerprint: str) -> None:
        """Raises `OtherModel` unless the vectors of this index come from that model."""
        if self.fingerprint is None:
            raise OtherModel(
                "The index was built without a model, so only words are searched; run `verse index build`."
            )
        if fingerprint != self.fingerprint:
            raise OtherModel(
                f"The index was built with model {self.fingerprint} and the one in use is"
                f" {fingerprint}, so only words are searched; run `verse index build`."
            )

    def search(
        self,
        query: str,
        *,
        embed: Embed | None,
        k: int = 5,
        translation: str = "WEB",
        mode: Mode = "hybrid",
        book: str | None = None,
        testament: str | None = None,
    ) -> SearchResult:
        """Finds the verses that a query means; whatever is wrong with the query, `notice` says it.

        Args:
            query: words, a reference, "exact phrases", -excluded words.
            embed: encodes the query; None searches by words only.
            k: number of hits at most; a reference gives all its verses.
            translation: code of the text to show.
            mode: which of words and meaning are asked.
            book: code, name or group of books ("PSA", "Romans", "gospels") to stay in.
            testament: "ot" or "nt" to stay in.

        Raises:
            BadOption: for `k`, `mode`, `book` or `testament`.
            UnknownTranslation: for `translation`.

        """
        clock = _Clock()
        code = self._code(translation)
        if k < 1 or k > CANDIDATES:
            raise BadOption(f"The number of results is 1 to {CANDIDATES}, not {k}.")
        if mode not in MODES:
            raise BadOption(f'"{mode}" is no mode of search; write {", ".join(MODES)}.')
        allowed = by_book(self._verse_ids, book, testament)

        try:
            reference = parse_reference(tidy(query))
        except ReferenceError_ as error:
            found = _Found(notices=[str(error)])
        else:
            if reference is not None:
                found = self._look_up(reference, code)
            else:
                found = self._find(parse(query), embed, k, code, mode, allowed, clock)
        timings, took = clock.stop()
        return SearchResult(
            query,
            found.hits,
            found.confidence,
            found.confidence >= BAR,
            took,
            timings,
            " ".join(found.notices) or None,
            self.build_id,
            self.fingerprint,
        )

    def lookup(self, reference: str, translation: str = "WEB") -> tuple[Hit, ...]:
        """The verses of a reference; raises `ReferenceError_` or `UnknownVerse`."""
        parsed = parse_reference(tidy(reference))
        if parsed is None:
            raise ReferenceError_(f'"{reference}" is not a reference such as "John 3:16".')
        return self._look_up(parsed, self._code(translation)).hits

    def context(self, verse_id: int, n: int, translation: str = "WEB") -> tuple[Hit, ...]:
        """The verse with n verses before and after it, inside its book, in order."""
        code, row = self._code(translation), self._row(verse_id)
        rows = range(max(0, row - n), min(self.verse_count, row + n + 1))
        book = verse_id // 1_000_000
        return tuple(
            self._explainer.hit(r, code, 0.0, ())
            for r in rows
            if int(self._verse_ids[r]) // 1_000_000 == book
        )

    def related(self, verse_id: int, k: int = 5, translation: str = "WEB") -> tuple[Hit, ...]:
        """The k verses nearest in meaning, best first; by words in an index without vectors."""
        code, row = self._code(translation), self._row(verse_id)
        if self._ranker.dense is not None:
            rows, scores = self._ranker.dense.nearest(self._ranker.dense.vectors[row], k + 1)
            matched: MatchedBy = "meaning"
        else:
            words = self._ranker.words(parse(self._texts.shown(row, code)[1]).terms)
            scores = self._ranker.word_scores(words, None)
            rows, matched = best(scores, k + 1), "words"
            scores = scores[rows]
        pairs = zip(rows.tolist(), scores.tolist(), strict=True)
        hits = [self._explainer.hit(r, code, score, (matched,)) for r, score in pairs if r != row]
        return tuple(hits[:k])

    def compare(self, verse_id: int) -> dict[str, str]:
        """{code: text} of one verse in every translation that has it."""
        row = self._row(verse_id)
        texts = {code: self._texts.get(row, code) for code in self._texts.codes}
        return {code: text for code, text in texts.items() if text is not None}

    def _code(self, translation: str) -> str:
        code = translation.upper()
        if code not in self._texts.codes:
            known = ", ".join(self._texts.codes)
            raise UnknownTranslation(f'There is no translation "{translation}"; there are {known}.')
        return code

    def _row(self, verse_id: int) -> int:
        row = self._rows.get(verse_id)
        if row is None:
            raise UnknownVerse(f"The index has no verse {verse_id}; run `verse index build`.")
        return row

    def _look_up(self, reference: Reference, code: str) -> "_Found":
        rows = [self._rows[v] for v in reference.verse_ids if v in self._rows]
        notices = []
        if not rows:
            notices.append(f"No translation of this index has {reference.label}.")
        elif len(rows) > _MOST_LOOKED_UP:
            last = display(int(self._verse_ids[rows[_MOST_LOOKED_UP - 1]]))
            notices.append(f"{reference.label} is long; this is the part up to {last}.")
        hits = [self._explainer.hit(r, code, 1.0, ("reference",)) for r in rows[:_MOST_LOOKED_UP]]
        return _Found(tuple(hits), 1.0 if hits else 0.0, notices)

    def _find(
        self,
        query: Query,
        embed: Embed | None,
        k: int,
        code: str,
        mode: Mode,
        allowed: Mask | None,
        clock: "_Clock",
    ) -> "_Found":
        notices = [query.notice] if query.notice else []
        if not query.terms:
            return _Found(notices=[*notices, _NO_WORDS])
        words = self._ranker.words(query.terms)
        clock.lap("parse")
        vector = None
        if mode != "words":
            vector, why = self._encode(query.plain, embed)
            notices += [why] if why else []
            mode = mode if vector is not None else "words"
        clock.lap("encode")
        mask = self._narrow(query, allowed, code, notices)
        ranked = self._rank(query, words, vector, mode, mask, clock)
        if not len(ranked.rows) and mask is not None:
            notices.append("Nothing there fits; these are the closest elsewhere.")
            ranked = self._rank(query, words, vector, mode, None, clock)
        if not len(ranked.rows):
            return _Found(notices=[*notices, "No verse has any of these words; try other ones."])
        features = self._ranker.features(ranked, words, self._fusion[mode])
        confidence = self._calibration[mode].probability(features)
        hits = self._explainer.hits(ranked, words, code, k)
        clock.lap("explain")
        return _Found(hits, confidence, notices)

    def _encode(self, text: str, embed: Embed | None) -> tuple[Vectors | None, str | None]:
        """(D,) the query's vector, or None and why there is none."""
        if self._ranker.dense is None:
            return None, (
                "The index was built without a model, so only words were searched; run `verse index build`."
            )
        if embed is None:
            return None, "No encoder is at hand, so only words were searched."
        try:
            vector = np.asarray(embed([text])[0], np.float32)
        except EmbedderUnavailable as error:
            return None, f"Only words were searched: {error}"
        if vector.shape != self._ranker.dense.vectors.shape[1:] or not np.isfinite(vector).all():
            return None, (
                "The encoder's vectors do not fit this index, so only words were searched;"
                " run `verse index build`."
            )
        return vector, None

    def _narrow(self, query: Query, allowed: Mask | None, code: str, notices: list[str]) -> Mask | None:
        """The verses that filters, phrases and exclusions leave; what leaves nothing is dropped, and said."""
        narrowed = self._wording.with_phrases(query, allowed)
        if narrowed is not None and not narrowed.any():
            said = " and ".join(f'"{" ".join(phrase)}"' for phrase in query.phrases)
            notices.append(f"No verse has exactly {said}; these are the closest.")
            narrowed = allowed
        kept = self._wording.without_excluded(query, narrowed, self._texts.codes.index(code))
        if kept is not None and not kept.any():
            notices.append("Every verse that fits has an excluded word; these have it.")
            kept = narrowed
        return kept

    def _rank(
        self,
        query: Query,
        words: Words,
        vector: Vectors | None,
        mode: Mode,
        allowed: Mask | None,
        clock: "_Clock",
    ) -> Ranked:
        scores = self._ranker.word_scores(words, allowed) if mode != "meaning" else None
        clock.lap("words")
        near = vector if mode != "words" else None
        if query.hint is None:
            candidates = self._ranker.candidates(scores, near, allowed)
            clock.lap("meaning")
            ranked = self._ranker.rank(candidates, words, self._fusion[mode])
        else:
            hinted = np.isin(self._verse_ids, np.fromiter(query.hint, np.int32))
            inside = hinted if allowed is None else hinted & allowed
            there = self._ranker.candidates(None if scores is None else scores * inside, near, inside)
            candidates = self._ranker.candidates(scores, near, allowed, there.rows)
            clock.lap("meaning")
            one_chapter = len({verse // 1000 for verse in query.hint}) == 1
            lift = hinted[candidates.rows] * np.float32(_LIFT_CHAPTER if one_chapter else _LIFT_BOOK)
            ranked = self._ranker.rank(candidates, words, self._fusion[mode], lift)
        clock.lap("rank")
        return ranked


_NO_WORDS = "There are no words in that; type a few words of the verse, or what it says."


@dataclass(frozen=True)
class _Found:
    hits: tuple[Hit, ...] = ()
    confidence: float = 0.0
    notices: list[str] = field(default_factory=list)


class _Clock:
    """Milliseconds since the lap before; a part that runs twice is added up."""

    def __init__(self) -> None:
        self._begin = self._last = perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = perf_counter()
        self._laps[name] = self._laps.get(name, 0.0) + (now - self._last) * 1000
        self._last = now

    def stop(self) -> tuple[dict[str, float], float]:
        """The parts, and the whole."""
        return self._laps, (perf_counter() - self._begin) * 1000
