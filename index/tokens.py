"""Words where they stand: exact phrases, excluded words, and how well each text follows a query.

Dimensions: N verses, F fields (translations, then modern queries), S surfaces, V terms, R rows asked
for, Q query terms (at most 63, so that a set of them fits into one integer).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from index.documents import SEPARATOR

MOST_TERMS = 63
"""Query terms that are followed; the rest of a very long query counts for BM25 only."""

ENOUGH_PAIRS = 3
"""Neighbouring pairs of a query from which on their order counts in full (measured; training/LOG.md)."""

_SCAN_ALL = 1_000_000
"""Words to be read from which it is faster to read all of them in a row: 1 ms for each word of a phrase."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Follow:
    """How well texts follow a query, as shares of it between 0 and 1.

    Attributes:
        coverage: (R, F) share of the query's weight whose words stand in the text.
        order: (R, F) share of the query's neighbouring pairs that stand in that order in the text; of
            `ENOUGH_PAIRS` where it has fewer, for one pair in order says little.
    """

    coverage: npt.NDArray[np.float32]
    order: npt.NDArray[np.float32]


class TokenStore:
    """Reads the token rows of `documents.Documents`. Thread-safe."""

    def __init__(
        self,
        fields: int,
        surfaces: Sequence[str],
        tokens: npt.NDArray[np.unsignedinteger],
        starts: npt.NDArray[np.uint32],
        surface_terms: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    ) -> None:
        self._fields = fields
        self._numbers = {surface: number for number, surface in enumerate(surfaces)}
        self._tokens = tokens
        self._starts = starts
        # Terms -> surfaces, the other way round from how they are stored.
        bounds, flat = surface_terms
        order = np.argsort(flat, kind="stable")
        self._of_term = np.repeat(np.arange(len(surfaces)), np.diff(bounds))[order]
        self._bounds = np.concatenate(([0], np.cumsum(np.bincount(flat))))

    def _surfaces_of(self, term: int) -> npt.NDArray[np.int64]:
        if term + 1 >= len(self._bounds):
            return np.empty(0, np.int64)
        found: npt.NDArray[np.int64] = self._of_term[self._bounds[term] : self._bounds[term + 1]]
        return found

    def _places(
        self, firsts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Token places of several ranges one after another, and where each range starts among them."""
        lengths = ends - firsts
        offsets = np.cumsum(lengths) - lengths
        return np.arange(lengths.sum()) + np.repeat(firsts - offsets, lengths), offsets

    def with_phrase(self, words: Sequence[str], rows: Rows) -> Rows:
        """Those of the rows in which some text holds these words, exactly and one after another."""
        numbers = [number for word in words if (number := self._numbers.get(word)) is not None]
        if len(numbers) < len(words) or not len(rows):
            return rows[:0]
        edges = self._starts[np.stack((rows, rows + 1)) * self._fields].astype(np.int64)  # (2, R)
        if (edges[1] - edges[0]).sum() > _SCAN_ALL:
            ends = self._starts[:: self._fields].astype(np.int64)
            with_it = np.add.reduceat(_runs(self._tokens, numbers), ends[:-1], dtype=np.int32) > 0
            found: Rows = rows[with_it[rows]]
        else:
            places, offsets = self._places(edges[0], edges[1])
            at = np.flatnonzero(_runs(self._tokens[places], numbers))
            found = rows[np.unique(np.searchsorted(offsets, at, side="right") - 1)]
        return found

    def with_term(self, term: int | None, rows: Rows, field: int) -> Rows:
        """Those of the rows whose text in one field holds a term."""
        if term is None or not len(rows):
            return rows[:0]
        firsts = rows * self._fields + field
        places, offsets = self._places(
            self._starts[firsts].astype(np.int64), self._starts[firsts + 1].astype(np.int64)
        )
        at = np.flatnonzero(np.isin(self._tokens[places], self._surfaces_of(term)))
        found: Rows = rows[np.unique(np.searchsorted(offsets, at, side="right") - 1)]
        return found

    def follow(self, sequence: Sequence[int], weights: Mapping[int, float], rows: Rows) -> Follow:
        """Measures every text of some rows against a query.

        Args:
            sequence: the query's term numbers in order.
            weights: what each term is worth, normally its idf.
            rows: (R,) verse rows.

        """
        slots = {term: i for i, term in enumerate(dict.fromkeys(sequence)) if i < MOST_TERMS}
        shape = (len(rows), self._fields)
        if not slots or not len(rows):
            return Follow(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
        slot_of = np.zeros(len(self._numbers), np.uint8)  # (S,) slot + 1, 0 for other words
        for term, slot in slots.items():
            slot_of[self._surfaces_of(term)] = slot + 1

        texts = (rows[:, None] * self._fields + np.arange(self._fields + 1)).ravel()  # (R * (F + 1),)
        edges = self._starts[texts].astype(np.int64).reshape(len(rows), self._fields + 1)
        places, offsets = self._places(edges[:, 0], edges[:, -1])
        tokens = self._tokens[places]
        seen = slot_of[tokens]
        firsts = (edges[:, :-1] - edges[:, :1] + offsets[:, None]).ravel()  # (R * F,)

        bits = np.concatenate(([0], np.uint64(1) << np.arange(len(slots), dtype=np.uint64)))
        sets = _or_within(bits.astype(np.uint64)[seen], firsts)  # (R * F,)
        worth = np.array([weights[term] for term in slots], np.float32)
        coverage = _weigh(sets, worth)

        pairs = [(slots[a], slots[b]) for a, b in _pairs(sequence) if a in slots and b in slots]
        pairs = list(dict.fromkeys(pairs))[:MOST_TERMS]
        if not pairs:
            return Follow(coverage.reshape(shape), np.zeros(shape, np.float32))
        pair_bits = np.zeros((MOST_TERMS + 1, MOST_TERMS + 1), np.uint64)
        for i, (a, b) in enumerate(pairs):
            pair_bits[a + 1, b + 1] = np.uint64(1) << np.uint64(i)
        following = np.append(seen[1:], np.uint8(SEPARATOR))
        sets = _or_within(pair_bits[seen, following], firsts)
        pair_worth = np.array([worth[a] + worth[b] for a, b in pairs], np.float32)
        order = _weigh(sets, pair_worth) * np.float32(min(1, len(pairs) / ENOUGH_PAIRS))
        return Follow(coverage.reshape(shape), order.reshape(shape))


def _runs(tokens: npt.NDArray[np.unsignedinteger], numbers: Sequence[int]) -> npt.NDArray[np.bool_]:
    """(L,) where the numbers begin to stand one after another."""
    begins: npt.NDArray[np.bool_] = tokens == numbers[0]
    for step, number in enumerate(numbers[1:], start=1):
        begins[:-step] &= tokens[step:] == number
        begins[-step:] = False
    return begins


def _pairs(sequence: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise(sequence))


def _or_within(values: npt.NDArray[np.uint64], firsts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """The OR of each stretch of values; a stretch starts at `firsts[i]`, ends at the next, may be empty."""
    padded = np.append(values, np.uint64(0))
    sets = np.bitwise_or.reduceat(padded, firsts)
    # reduceat gives the element itself for an empty stretch.
    empty = np.append(firsts[1:], len(values)) == firsts
    return np.where(empty, np.uint64(0), sets)


def _weigh(sets: npt.NDArray[np.uint64], worth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(len(sets),) the share of the total worth that each set of slots holds."""
    members = (sets[:, None] >> np.arange(len(worth), dtype=np.uint64)) & np.uint64(1)
    shares: npt.NDArray[np.float32] = members.astype(np.float32) @ (worth / max(worth.sum(), 1e-9))
    return shares
