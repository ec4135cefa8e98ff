"""Looking around a verse: its context, its chapter, related verses, other translations; paged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import discord

from bot.discord_app.markup import escape
from bot.discord_app.render import PLAIN, TEXT_LENGTH
from bot.passages import passage_label, verse_marks
from index.books import display
from index.results import Hit
from index.search import Searcher

Study = Literal["context", "chapter", "related", "compare"]
STUDIES: dict[Study, str] = {
    "context": "Context",
    "chapter": "Chapter",
    "related": "Related",
    "compare": "Compare",
}

_VERSES_AROUND = 3
_RELATED = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """Something to read: a title and pieces of text, none of which is cut."""

    title: str
    pieces: Sequence[str]
    source: str

    def pages(self) -> list[str]:
        """The pieces in stretches that each fit in an embed."""
        pages = [""]
        for piece in self.pieces:
            if pages[-1] and len(pages[-1]) + len(piece) + 1 > TEXT_LENGTH:
                pages.append("")
            pages[-1] = f"{pages[-1]}\n{piece}".lstrip("\n")
        return pages

    def embed(self, page: int) -> discord.Embed:
        """One page, counted from 0."""
        pages = self.pages()
        embed = discord.Embed(title=self.title, description=pages[page], colour=PLAIN)
        number = f" · page {page + 1} of {len(pages)}" if len(pages) > 1 else ""
        return embed.set_footer(text=self.source + number)


def read(study: Study, verse_id: int, translation: str) -> Callable[[Searcher], Reading]:
    """What `VerseService.look` takes to make that reading."""
    return lambda searcher: _READERS[study](searcher, verse_id, translation)


def _context(searcher: Searcher, verse_id: int, translation: str) -> Reading:
    hits = searcher.context(verse_id, _VERSES_AROUND, translation)
    return _passage(searcher, hits, translation, marked=verse_id)


def _chapter(searcher: Searcher, verse_id: int, translation: str) -> Reading:
    chapter = display(verse_id).rpartition(":")[0]
    return _passage(searcher, searcher.lookup(chapter, translation), translation, marked=verse_id)


def _related(searcher: Searcher, verse_id: int, translation: str) -> Reading:
    pieces = [
        f"**{display(hit.verse_id)}** {escape(hit.text)}"
        for hit in searcher.related(verse_id, _RELATED, translation)
    ]
    return Reading(f"Related to {display(verse_id)}", pieces, _name(searcher, translation))


def _compare(searcher: Searcher, verse_id: int, translation: str) -> Reading:
    pieces = [
        f"**{escape(searcher.translations.get(code, code))}** ({code})\n{escape(text)}"
        for code, text in searcher.compare(verse_id).items()
    ]
    return Reading(display(verse_id), pieces, f"{len(pieces)} translations")


def _passage(searcher: Searcher, hits: Sequence[Hit], translation: str, marked: int) -> Reading:
    pieces = [
        f"**{mark} {escape(hit.text)}**" if hit.verse_id == marked else f"**{mark}** {escape(hit.text)}"
        for mark, hit in zip(verse_marks(hits), hits, strict=True)
    ]
    title = passage_label([hit.verse_id for hit in hits])
    return Reading(title, pieces, _name(searcher, translation))


def _name(searcher: Searcher, code: str) -> str:
    return f"{searcher.translations.get(code, code)} ({code})"


_READERS: dict[Study, Callable[[Searcher, int, str], Reading]] = {
    "context": _context,
    "chapter": _chapter,
    "related": _related,
    "compare": _compare,
}
