"""What is searched: one document a verse, with a field for each translation and one for modern queries.

Dimensions: N verses, F fields, L words in all, V terms, P distinct (verse, term) pairs.

The words are kept once, as one long row of numbers ordered by verse and then by field. BM25 counts
them; quoted phrases, word order and the best matching translation are read from them later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.analyzer import compounds, surfaces, word_terms

MODERN = "modern"
"""Name of the field that holds the hand-written modern queries of a verse."""

SEPARATOR = 0
"""Number after each text, so that no phrase runs from one into the next."""


@dataclass(frozen=True)
class Documents:
    """The words of every verse.

    Attributes:
        verse_ids: (N,) int32, ascending.
        fields: the F field names, the translations in order of preference, `MODERN` last.
        surfaces: word of each number; number 0 is the separator.
        tokens: (L,) uint16 or uint32 word numbers, verse by verse and within a verse field by field.
        starts: (N * F + 1,) field f of verse row r is `tokens[starts[r * F + f]:starts[r * F + f + 1]]`.
        terms: the V terms, ascending.
        surface_terms: (S + 1,) and (T,): the term numbers of surface s are
            `surface_terms[1][surface_terms[0][s]:surface_terms[0][s + 1]]`.
        compounds: (C, 3) int32: verse row, field, term of each number written in several words.
    """

    verse_ids: npt.NDArray[np.int32]
    fields: tuple[str, ...]
    surfaces: tuple[str, ...]
    tokens: npt.NDArray[np.unsignedinteger]
    starts: npt.NDArray[np.uint32]
    terms: tuple[str, ...]
    surface_terms: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]
    compounds: npt.NDArray[np.int32]


@dataclass(frozen=True)
class TermCounts:
    """How often each term stands in each verse, translations and modern queries apart.

    Attributes:
        rows, terms: (P,) int32, ordered by term and then by verse row.
        counts: (2, P) float32: in the translations together, in the modern queries.
        lengths: (2, N) float32: number of terms of each verse, likewise.
        vocabulary: V.
    """

    rows: npt.NDArray[np.int32]
    terms: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float32]
    lengths: npt.NDArray[np.float32]
    vocabulary: int


def read_documents(
    verse_ids: npt.NDArray[np.int32],
    translations: Mapping[str, Mapping[int, str]],
    modern: Mapping[int, Sequence[str]],
) -> Documents:
    """Splits every text into words once; `translations` is {code: {verse id: text}}."""
    reader = _Reader()
    fields = (*translations, MODERN)
    for number, verses in enumerate(translations.values()):
        reader.read_field(number, ([verses[v]] if v in verses else [] for v in verse_ids.tolist()))
    reader.read_field(len(translations), (modern.get(v, ()) for v in verse_ids.tolist()))
    tokens, starts = _by_verse(reader.tokens, reader.ends, len(verse_ids), len(fields))
    vocabulary, surface_terms = _number_terms(reader.numbers, [c[2] for c in reader.compounds])
    of_term = {term: number for number, term in enumerate(vocabulary)}
    rows = [(row, field, of_term[term]) for row, field, term in reader.compounds]
    return Documents(
        verse_ids,
        fields,
        tuple(reader.numbers),
        tokens.astype(np.uint16 if len(reader.numbers) <= 1 << 16 else np.uint32),
        starts.astype(np.uint32),
        vocabulary,
        surface_terms,
        np.array(rows, np.int32).reshape(-1, 3),
    )


class _Numbers(dict[str, int]):
    """Numbers words in the order in which they are first met."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class _Reader:
    """Reads texts field by field."""

    def __init__(self) -> None:
        self.numbers = _Numbers({"": SEPARATOR})
        self.tokens: list[int] = []
        self.ends: list[int] = []
        self.compounds: list[tuple[int, int, str]] = []

    def read_field(self, field: int, texts: Iterable[Sequence[str]]) -> None:
        """Takes in one field: the texts of each verse in turn."""
        numbers, tokens = self.numbers, self.tokens
        for row, parts in enumerate(texts):
            for part in parts:
                words = surfaces(part)
                tokens += [numbers[word] for word in words]
                tokens.append(SEPARATOR)
                self.compounds += [(row, field, figures) for figures in compounds(words)]
            self.ends.append(len(tokens))


def _by_verse(
    tokens: Sequence[int], ends: Sequence[int], verses: int, fields: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Turns field-by-field order into verse-by-verse order."""
    ends_ = np.array(ends, np.int64)
    lengths = np.diff(ends_, prepend=0).reshape(fields, verses).T.ravel()  # (N * F,)
    sources = (ends_ - np.diff(ends_, prepend=0)).reshape(fields, verses).T.ravel()
    starts = np.concatenate(([0], np.cumsum(lengths)))
    places = np.repeat(sources - starts[:-1], lengths) + np.arange(len(tokens))  # (L,)
    return np.array(tokens, np.int64)[places], starts


def _number_terms(
    words: Iterable[str], compound_terms: Iterable[str]
) -> tuple[tuple[str, ...], tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]]:
    terms_of = [word_terms(word) if word else () for word in words]
    vocabulary = sorted({term for terms in terms_of for term in terms}.union(compound_terms))
    number = {term: i for i, term in enumerate(vocabulary)}
    bounds = np.concatenate(([0], np.cumsum([len(terms) for terms in terms_of])))
    flat = [number[term] for terms in terms_of for term in terms]
    return tuple(vocabulary), (bounds.astype(np.int32), np.array(flat, np.int32))


def count_terms(documents: Documents) -> TermCounts:
    """Counts terms per verse over all translations, and over its modern queries."""
    n, f, v = len(documents.verse_ids), len(documents.fields), len(documents.terms)
    bounds, flat = documents.surface_terms
    starts: npt.NDArray[np.int64] = documents.starts.astype(np.int64)
    texts = np.repeat(np.arange(n * f, dtype=np.int32), starts[1:] - starts[:-1])  # (L,) a word's text
    many = np.diff(bounds)[documents.tokens]  # (L,) terms of each word: one, but for contractions
    rows, terms, is_modern = [documents.compounds[:, 0]], [documents.compounds[:, 2]], []
    is_modern.append(documents.compounds[:, 1] == f - 1)
    for place in range(int(many.max(initial=0))):
        chosen = np.flatnonzero(many > place)
        rows.append(texts[chosen] // f)
        is_modern.append(texts[chosen] % f == f - 1)
        terms.append(flat[bounds[documents.tokens[chosen]] + place])
    return _count(np.concatenate(rows), np.concatenate(terms), np.concatenate(is_modern), n, v)


def _count(
    rows: npt.NDArray[np.int32],
    terms: npt.NDArray[np.int32],
    is_modern: npt.NDArray[np.bool_],
    n: int,
    v: int,
) -> TermCounts:
    """Counts equal (row, term) pairs, translations and modern queries apart."""
    # One sort of one number for each word: term, verse, modern or not.
    keys = np.sort((terms.astype(np.int64) * n + rows) * 2 + is_modern)
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    times = np.diff(firsts, append=len(keys))
    pairs, part = keys[firsts] // 2, keys[firsts] % 2
    is_new = np.diff(pairs, prepend=-1) > 0
    counts = np.zeros((2, is_new.sum()), np.float32)
    counts[part, np.cumsum(is_new) - 1] = times
    lengths = [np.bincount(rows[is_modern == chosen], minlength=n) for chosen in (False, True)]
    pairs = pairs[is_new]
    return TermCounts(
        (pairs % n).astype(np.int32),
        (pairs // n).astype(np.int32),
        counts,
        np.array(lengths, np.float32),
        v,
    )
