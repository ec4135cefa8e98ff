"""Answers as messages. Pure: what a message shows depends on its arguments alone.

Discord's limits: content 2,000 characters; of an embed the title 256, the description 4,096, a field 1,024,
all together 6,000.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.discord_app.markup import escape, fitting, shorten, with_bold
from bot.passages import passage_label, verse_marks
from bot.store.preferences import Style
from index.books import display
from index.passages import group
from index.results import Hit, SearchResult

SURE = discord.Colour(0x2F8F5B)
NOT_SURE = discord.Colour(0xC98A1B)
PLAIN = discord.Colour(0x4A6FA5)

TEXT_LENGTH = 3_600
"""Characters of a description's text, which leaves room in 4,096 for the lines under it."""
_CONTENT_LENGTH = 1_500
_FIELD = 1_024
_ONE_LINE = 110
_NOTICE = 300
_NOT_SURE = "Not sure. The closest I found:"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a message shows, in one of the two places where it can stand."""

    content: str | None = None
    embed: discord.Embed | None = None

    def to_send(self) -> dict[str, Any]:
        """Arguments of a new message."""
        return {"content": self.content} if self.embed is None else {"embed": self.embed}

    def to_edit(self) -> dict[str, Any]:
        """Arguments that replace what a message shows."""
        return {"content": self.content, "embed": self.embed}


def draw_answer(
    result: SearchResult, on_show: Hit, translations: dict[str, str], style: Style = "embed"
) -> Drawn:
    """One verse in full, why it was found, and the others that came close.

    Args:
        result: with at least one hit.
        on_show: the hit to show in full.
        translations: {code: name}.
        style: how.

    """
    text = with_bold(on_show.text, on_show.matched_words)
    why = _why(on_show, translations) + _neighbours(result, on_show)
    others = [(rank, hit) for rank, hit in enumerate(result.hits, start=1) if hit is not on_show]
    if style != "embed":
        head = f"{_NOT_SURE}\n" if not result.sure else ""
        also = f" Next best: {', '.join(display(hit.verse_id) for _, hit in others)}." if others else ""
        name = f"**{display(on_show.verse_id)}** ({on_show.translation})"
        return Drawn(head + _in_content([f"{name} {text}"], style) + _small(why + also, _notice(result)))
    embed = discord.Embed(
        title=display(on_show.verse_id),
        description=text[:TEXT_LENGTH] + _small(why),
        colour=SURE if result.sure else NOT_SURE,
    )
    if not result.sure:
        embed.set_author(name=_NOT_SURE)
    if others:
        lines = [
            f"**{rank}.** {display(hit.verse_id)}: {escape(shorten(hit.text, _ONE_LINE))}"
            for rank, hit in others
        ]
        embed.add_field(name="Next best", value=fitting(lines, _FIELD), inline=False)
    if result.notice:
        embed.add_field(name="Note", value=_notice(result), inline=False)
    name = _translation(on_show.translation, translations)
    return Drawn(embed=embed.set_footer(text=f"{name} · {result.took_ms:.0f} ms"))


def draw_chosen(
    hit: Hit, translations: dict[str, str], style: Style = "embed", *, heading: str | None = None
) -> Drawn:
    """A verse that nobody searched for: drawn by chance, or the verse of the day."""
    if style != "embed":
        name = f"**{display(hit.verse_id)}** ({hit.translation})"
        head = f"{heading}\n" if heading else ""
        return Drawn(head + _in_content([f"{name} {escape(hit.text)}"], style))
    embed = discord.Embed(
        title=display(hit.verse_id), description=escape(hit.text)[:TEXT_LENGTH], colour=PLAIN
    )
    if heading:
        embed.set_author(name=heading)
    return Drawn(embed=embed.set_footer(text=_translation(hit.translation, translations)))


def draw_passage(
    result: SearchResult,
    page: int,
    translations: dict[str, str],
    style: Style = "embed",
    *,
    numbers: bool = True,
) -> tuple[Drawn, int]:
    """One page, counted from 0, of the verses of a reference; and how many pages there are."""
    pages = _pages(result.hits, TEXT_LENGTH if style == "embed" else _CONTENT_LENGTH)
    hits = pages[page]
    title = shorten(passage_label([hit.verse_id for hit in hits]), 256)
    lines = _passage_lines(hits, numbers=numbers)
    number = f"page {page + 1} of {len(pages)}" if len(pages) > 1 else ""
    if style != "embed":
        name = f"**{escape(title)}** ({hits[0].translation})"
        return Drawn(_in_content([name, *lines], style) + _small(number, _notice(result))), len(pages)
    embed = discord.Embed(title=title, description="\n".join(lines), colour=PLAIN)
    if result.notice:
        embed.add_field(name="Note", value=_notice(result), inline=False)
    foot = " · ".join(filter(None, [_translation(hits[0].translation, translations), number]))
    return Drawn(embed=embed.set_footer(text=foot)), len(pages)


def is_passage(result: SearchResult) -> bool:
    """Whether the answer is a stretch of text that was looked up, rather than one verse and others."""
    return len(result.hits) > 1 and "reference" in result.hits[0].matched_by


def _passage_lines(hits: Sequence[Hit], *, numbers: bool) -> list[str]:
    if not numbers:
        return [escape(" ".join(hit.text for hit in hits))]
    marks = verse_marks(hits)
    return [f"**{mark}** {escape(hit.text)}" for mark, hit in zip(marks, hits, strict=True)]


def _pages(hits: Sequence[Hit], length: int) -> list[list[Hit]]:
    """Verses in stretches that each fit in that many characters."""
    pages: list[list[Hit]] = [[]]
    left = length
    for hit in hits:
        need = len(escape(hit.text)) + 16  # its number, bold, and a line's end
        if need > left and pages[-1]:
            pages.append([])
            left = length
        pages[-1].append(hit)
        left -= need
    return pages


def _in_content(lines: Sequence[str], style: Style) -> str:
    text = "\n".join(lines)[:_CONTENT_LENGTH]
    return "> " + text.replace("\n", "\n> ") if style == "quote" else text


def _small(*lines: str) -> str:
    return "".join(f"\n-# {line if line.endswith('.') else line + '.'}" for line in lines if line)


def _notice(result: SearchResult) -> str:
    return escape(shorten(result.notice, _NOTICE)) if result.notice else ""


def _why(hit: Hit, translations: dict[str, str]) -> str:
    if "reference" in hit.matched_by:
        return "Looked up."
    found = f"Found by its {' and its '.join(hit.matched_by)}"
    if hit.matched_translation is None:
        return f"{found}."
    name = translations.get(hit.matched_translation, hit.matched_translation)
    return f"{found}; the {escape(name)} has these words."


def _neighbours(result: SearchResult, on_show: Hit) -> str:
    """Which of the other hits belong to the same passage, and which tell the same elsewhere."""
    passage = next((found for found in group(result.hits) if found.lead is on_show), None)
    if passage is None:
        return ""
    around = f" See {passage.label}." if passage.first != passage.last else ""
    parallels = ", ".join(parallel.label for parallel in passage.parallels)
    return around + (f" Much the same: {parallels}." if parallels else "")


def _translation(code: str, translations: dict[str, str]) -> str:
    return f"{translations.get(code, code)} ({code})"
