"""Draws a message as Discord would, from the very payload that the bot sends: an SVG for the documents."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from PIL import ImageFont

_WIDTH = 560
_LEFT = 72  # where text begins, right of the avatar
_BOX_PADDING = 16
_LINE = 1.38  # heights of a line's letters
_BACKGROUND, _BOX, _TEXT, _MUTED, _LINK = "#313338", "#2b2d31", "#dbdee1", "#949ba4", "#00a8fc"
_BUTTON = {1: "#5865f2", 2: "#4e5058", 3: "#248046", 4: "#da373c"}
_FONT = "'gg sans','Noto Sans','Helvetica Neue',Helvetica,Arial,sans-serif"
_TOKENS = re.compile(r"\*\*|\\(.)|([^*\\]+|\*)")


@dataclass(slots=True)
class _Canvas:
    y: float = 16.0
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, line: list[tuple[str, bool]], size: float, colour: str) -> None:
        self.y += size * _LINE
        spans = "".join(
            f'<tspan font-weight="{700 if bold else 400}">{html.escape(words)}</tspan>'
            for words, bold in line
        )
        place = f'x="{x:g}" y="{self.y:g}" font-size="{size:g}" fill="{colour}"'
        self.parts.append(f'<text {place} xml:space="preserve">{spans}</text>')

    def box(self, x: float, y: float, width: float, height: float, colour: str, radius: float = 4) -> None:
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" fill="{colour}"/>'
        )


def draw(payload: dict[str, Any], command: str, reactions: str = "") -> str:
    """An SVG of a message.

    Args:
        payload: `embeds`, `content` and `components` as sent to Discord.
        command: what the person typed, shown above.
        reactions: emoji under the message.

    """
    canvas = _Canvas()
    canvas.text(_LEFT, [("You used ", False), (command, True)], 13, _MUTED)
    canvas.y += 4
    canvas.parts.append(f'<circle cx="36" cy="{canvas.y + 18:g}" r="20" fill="#4a6fa5"/>')
    canvas.parts.append(f'<text x="29" y="{canvas.y + 24:g}" font-size="18" fill="#fff">V</text>')
    canvas.text(_LEFT, [("Verse", True)], 16, "#f2f3f5")
    if payload.get("content"):
        _paragraphs(canvas, _LEFT, payload["content"], 15, _WIDTH - _LEFT - 24)
    for embed in payload.get("embeds", ()):
        _embed(canvas, embed)
    for row in payload.get("components", ()):
        _row(canvas, row["components"])
    if reactions:
        canvas.y += 10
        for number, emoji in enumerate(reactions):
            canvas.box(_LEFT + 58 * number, canvas.y, 50, 28, _BOX, 8)
            canvas.parts.append(_label(_LEFT + 58 * number + 9, canvas.y + 20, f"{emoji} 1"))
        canvas.y += 28
    height = canvas.y + 18
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:g}"'
        f' viewBox="0 0 {_WIDTH} {height:g}" font-family="{_FONT}">'
        f'<rect width="100%" height="100%" rx="8" fill="{_BACKGROUND}"/>{"".join(canvas.parts)}</svg>\n'
    )


def _embed(canvas: _Canvas, embed: dict[str, Any]) -> None:
    canvas.y += 8
    top, mark = canvas.y, len(canvas.parts)
    x, width = _LEFT + _BOX_PADDING, _WIDTH - _LEFT - 2 * _BOX_PADDING - 24
    canvas.y += 6
    if "author" in embed:
        _paragraphs(canvas, x, f"**{embed['author']['name']}**", 14, width)
    if "title" in embed:
        _paragraphs(canvas, x, f"**{embed['title']}**", 16, width, "#f2f3f5")
    if "description" in embed:
        canvas.y += 3
        _paragraphs(canvas, x, embed["description"], 14, width)
    for part in embed.get("fields", ()):
        canvas.y += 8
        _paragraphs(canvas, x, f"**{part['name']}**", 14, width, "#f2f3f5")
        _paragraphs(canvas, x, part["value"], 14, width)
    if "footer" in embed:
        canvas.y += 6
        _paragraphs(canvas, x, embed["footer"]["text"], 12, width, _MUTED)
    canvas.y += 14
    under = _Canvas()
    under.box(_LEFT, top, _WIDTH - _LEFT - 24, canvas.y - top, _BOX)
    under.box(_LEFT, top, 4, canvas.y - top, f"#{embed.get('color', 0x1E1F22):06x}", 2)
    canvas.parts[mark:mark] = under.parts


def _row(canvas: _Canvas, components: list[dict[str, Any]]) -> None:
    canvas.y += 8
    x = float(_LEFT)
    for component in components:
        if component["type"] == 3:
            chosen = [option for option in component["options"] if option.get("default")]
            label = chosen[0]["label"] if chosen else component.get("placeholder", "")
            canvas.box(x, canvas.y, 400, 38, "#1e1f22")
            canvas.parts.append(_label(x + 12, canvas.y + 24, label))
            canvas.parts.append(_label(x + 372, canvas.y + 24, "⌄"))
            continue
        label = component.get("label") or component["emoji"]["name"]
        width = _measured(label, 14, bold=False) + 32
        canvas.box(x, canvas.y, width, 32, _BUTTON[component["style"]])
        canvas.parts.append(_label(x + 16, canvas.y + 21, label))
        x += width + 8
    canvas.y += 38 if components[0]["type"] == 3 else 32


def _label(x: float, y: float, text: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="14" fill="#fff">{html.escape(text)}</text>'


def _paragraphs(
    canvas: _Canvas, x: float, markdown: str, size: float, width: float, colour: str = _TEXT
) -> None:
    for line in markdown.split("\n"):
        small = line.startswith("-# ")
        letters, ink = (12.0, _MUTED) if small else (size, colour)
        for wrapped in _wrapped(line.removeprefix("-# "), letters, width):
            canvas.text(x, wrapped, letters, ink)


def _wrapped(line: str, size: float, width: float) -> Iterator[list[tuple[str, bool]]]:
    """Lines that fit, each as stretches of text and whether they are bold."""
    row: list[tuple[str, bool]] = []
    used = 0.0
    for word, bold in _words(line):
        needed = _measured(word, size, bold=bold)
        if row and used + needed > width:
            yield row
            row, used, word = [], 0.0, word.lstrip()
        row.append((word, bold))
        used += needed
    yield row


def _words(line: str) -> Iterator[tuple[str, bool]]:
    bold = False
    for match in _TOKENS.finditer(line):
        if match[0] == "**":
            bold = not bold
        elif match[1]:
            yield match[1], bold
        else:
            yield from ((word, bold) for word in re.findall(r"\s*\S+|\s+$", match[2]))


def _measured(text: str, size: float, *, bold: bool) -> float:
    return _font(bold).getlength(text) * size / 100  # DejaVu, wider than what browsers take


@cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(fonts / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), 100)
