"""Hits that belong together: neighbouring verses of one passage, and the same words in another book.

The best verse leads; the others are named with it instead of filling the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.analyzer import terms
from index.books import display, split
from index.results import Hit

_NEAR = 2
"""Verses apart, in one chapter, at which two hits still are one passage."""
_PARALLEL = 0.4
"""Share of common words (Jaccard) from which two verses of different passages tell the same.

Two accounts of one event in the gospels have 0.4 to 0.7, unrelated verses about one thing 0.1 to 0.3.
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """Hits of one passage.

    Attributes:
        lead: the best of them.
        first, last: the verse ids it reaches from and to, both in the lead's chapter.
        parallels: other passages that tell the same.

    """

    lead: Hit
    first: int
    last: int
    parallels: tuple["Passage", ...] = ()

    @property
    def label(self) -> str:
        """ "Psalm 23:1-4", or "Psalm 23:1" for a single verse."""
        return display(self.first) + (f"-{split(self.last)[2]}" if self.last != self.first else "")


def group(hits: Sequence[Hit]) -> tuple[Passage, ...]:
    """Groups hits, best first, into passages in the order of their leads."""
    groups: list[list[Hit]] = []
    for hit in hits:
        home = next((g for g in groups if any(_near(hit, other) for other in g)), None)
        if home is None:
            groups.append([hit])
        else:
            home.append(hit)
    words = [frozenset(terms(members[0].text)) for members in groups]
    leading: dict[int, list[int]] = {}  # group -> the groups that tell the same
    for i in range(len(groups)):
        same = next((j for j in leading if _overlap(words[i], words[j]) >= _PARALLEL), None)
        if same is None:
            leading[i] = []
        else:
            leading[same].append(i)
    found = {i: _passage(groups[i]) for i in range(len(groups))}
    return tuple(
        replace(found[i], parallels=tuple(found[j] for j in others)) for i, others in leading.items()
    )


def _passage(hits: Sequence[Hit]) -> Passage:
    verses = [hit.verse_id for hit in hits]
    return Passage(hits[0], min(verses), max(verses))


def _near(a: Hit, b: Hit) -> bool:
    return a.verse_id // 1000 == b.verse_id // 1000 and abs(a.verse_id - b.verse_id) <= _NEAR


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / max(1, len(a | b))
