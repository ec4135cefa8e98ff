"""Answers as embeds. Pure: what a message shows depends on the answer alone.

Discord's limits: title 256 characters, description 4,096, a field 1,024, all of an embed 6,000.
"""

from collections.abc import Sequence

import discord

from bot.discord_app.markup import escape, fitting, shorten, with_bold
from bot.passages import passage_label, verse_marks
from index.books import display
from index.results import Hit, SearchResult

SURE = discord.Colour(0x2F8F5B)
NOT_SURE = discord.Colour(0xC98A1B)
PLAIN = discord.Colour(0x4A6FA5)

_TEXT = 3_600  # leaves room in 4,096 for the lines under the text
_FIELD = 1_024
_ONE_LINE = 110
_NOTICE = 600


def answer_embed(result: SearchResult, on_show: Hit, translations: dict[str, str]) -> discord.Embed:
    """One verse in full, why it was found, and the others that came close.

    Args:
        result: with at least one hit.
        on_show: the hit to show in full.
        translations: {code: name}.

    """
    why = [f"-# {_why(on_show, translations)}"]
    embed = discord.Embed(
        title=display(on_show.verse_id),
        description="\n".join([with_bold(on_show.text, on_show.matched_words)[:_TEXT], *why]),
        colour=SURE if result.sure else NOT_SURE,
    )
    if not result.sure:
        embed.set_author(name="Not sure. The closest I found:")
    others = [
        f"**{rank}.** {display(hit.verse_id)}: {escape(shorten(hit.text, _ONE_LINE))}"
        for rank, hit in enumerate(result.hits, start=1)
        if hit is not on_show
    ]
    if others:
        embed.add_field(name="Next best", value=fitting(others, _FIELD), inline=False)
    _finish(embed, on_show.translation, translations, result)
    return embed


def passage_embed(
    result: SearchResult, hits: Sequence[Hit], translations: dict[str, str], page: str = ""
) -> discord.Embed:
    """The verses of a reference, or one page of them."""
    embed = discord.Embed(
        title=shorten(passage_label([hit.verse_id for hit in hits]), 256),
        description=passage_text(hits),
        colour=PLAIN,
    )
    _finish(embed, hits[0].translation, translations, result, page)
    return embed


def passage_text(hits: Sequence[Hit]) -> str:
    """Verses with their numbers; a single one without."""
    if len(hits) == 1:
        return with_bold(hits[0].text, hits[0].matched_words)
    marks = verse_marks(hits)
    return "\n".join(f"**{mark}** {escape(hit.text)}" for mark, hit in zip(marks, hits, strict=True))


def pages(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Verses in stretches that each fit in an embed."""
    stretches: list[list[Hit]] = [[]]
    left = _TEXT
    for hit in hits:
        need = len(escape(hit.text)) + 16  # its number, bold, and a line's end
        if need > left and stretches[-1]:
            stretches.append([])
            left = _TEXT
        stretches[-1].append(hit)
        left -= need
    return stretches


def _why(hit: Hit, translations: dict[str, str]) -> str:
    if "reference" in hit.matched_by:
        return "Looked up."
    found = f"Found by its {' and its '.join(hit.matched_by)}"
    if hit.matched_translation is None:
        return f"{found}."
    name = translations.get(hit.matched_translation, hit.matched_translation)
    return f"{found}; the {escape(name)} has these words."


def _finish(
    embed: discord.Embed, code: str, translations: dict[str, str], result: SearchResult, page: str = ""
) -> None:
    if result.notice:
        embed.add_field(name="Note", value=escape(shorten(result.notice, _NOTICE)), inline=False)
    parts = [f"{translations.get(code, code)} ({code})", page, f"{result.took_ms:.0f} ms"]
    embed.set_footer(text=" · ".join(filter(None, parts)))
