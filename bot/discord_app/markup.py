"""Texts as Discord shows them: escaped, bold where words match, cut to what Discord takes."""

import re
from collections.abc import Iterable, Sequence

ELLIPSIS = "…"


_MARKUP = re.compile(r"[\\*_~`|>#\[\]<]|^\s*[-+](?=\s)|^\s*\d+\.(?=\s)", re.MULTILINE)


def escape(text: str) -> str:
    """Text that shows as typed: no markup, no link with a name, no list, no mention."""
    escaped = _MARKUP.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)
    # Escaped pings are pings all the same; a zero-width space after the @ makes them text.
    return escaped.replace("@everyone", "@\u200beveryone").replace("@here", "@\u200bhere")


def shorten(text: str, length: int) -> str:
    """At most `length` characters, cut between words where that loses little."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > length // 2 else cut).rstrip(" ,;:.") + ELLIPSIS


def with_bold(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Escaped text with the characters of those (start, end) spans in bold."""
    parts, at = [], 0
    for start, end in _joined(text, sorted(spans)):
        parts += [escape(text[at:start]), f"**{escape(text[start:end])}**"]
        at = end
    return "".join([*parts, escape(text[at:])])


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    # "**teach** **us**" reads as one bold run, and half as many asterisks survive a copy.
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def fitting(lines: Iterable[str], length: int) -> str:
    """As many whole lines as fit in `length` characters."""
    kept: list[str] = []
    left = length
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join(kept)
