"""What is measured side by side: a way of searching, an encoder, and what its verse vectors were made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index.fit import Mode
from index.vectors import TextEmbedder
from training.evaluation.indexes import Corpus, Recipe

Documents = Literal["shipped", "encoded", "blind"]
"""How the index was made, see NOTES."""

Way = Mode | Literal["fusion"]
"""How it is searched; `fusion` is `hybrid` without re-ranking by word order."""

NOTES: dict[Documents, str] = {
    "shipped": "the index as people get it, with the verse vectors that came with the model.",
    "encoded": (
        "the same documents, but verse vectors made by encoding WEB, KJV, BBE and the modern queries: every"
        " encoder in the same place."
    ),
    "blind": (
        "as encoded, but without the modern queries of the right verses, in words and in vectors: what is left"
        " is generalisation to verses for which nobody wrote a query. (Our encoder's weights have still seen them"
        " in training; a peer's have not.)"
    ),
}


@dataclass(frozen=True)
class Contestant:
    """An encoder to measure.

    Attributes:
        name: as the tables show it.
        embedder: what encodes queries and, where needed, verses.
        shipped: its verse vectors, if any.
        ours: made by this project, hence measured in the index as people get it too.

    """

    name: str
    embedder: TextEmbedder
    shipped: Path | None = None
    ours: bool = True


@dataclass(frozen=True)
class System:
    """One row of the tables; `encoder` is None where only words are searched."""

    way: Way
    documents: Documents
    encoder: str | None
    recipe: Recipe
    embedder: TextEmbedder | None
    ours: bool


def systems(
    contestants: Sequence[Contestant], corpus: Corpus, gold: frozenset[int], *, blind: bool
) -> list[System]:
    """The rows for a set of queries.

    Args:
        contestants: the first is the one in use.
        corpus: what every index is made of.
        gold: the verses whose modern queries `blind` leaves out.
        blind: whether those rows are wanted.

    """
    rows: list[System] = []
    side_by_side = blind or any(not c.ours for c in contestants)
    for contestant in contestants:
        own = Recipe(corpus.bible, corpus.modern, corpus.dev, contestant.embedder, contestant.shipped)
        kinds: list[tuple[Documents, Recipe]] = []
        if contestant.ours:
            kinds.append(("shipped", own))
        if side_by_side:
            kinds.append(("encoded", own.encoded()))
        if blind:
            kinds.append(("blind", own.blind(gold)))
        for documents, recipe in kinds:
            if contestant is contestants[0] and documents != "encoded":  # whose words are those of `shipped`
                rows.append(System("words", documents, None, recipe, None, ours=True))
            ways: list[Way] = ["meaning", "hybrid"]
            if documents == "shipped":
                ways.insert(1, "fusion")
            rows += [
                System(way, documents, contestant.name, recipe, contestant.embedder, contestant.ours)
                for way in ways
            ]
    order = list(NOTES)
    return sorted(rows, key=lambda s: (order.index(s.documents), s.encoder or ""))
