"""`python -m tests.pictures`: draws the pictures of the documents from what the bot really sends.

Needs the index and model of this installation (`make run` once); writes docs/pictures/*.svg.
"""

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.console import Chat
from bot.discord_app import render
from bot.discord_app.answer_items import answer_view, passage
from bot.service import Person, VerseService
from bot.settings import BotSettings
from tests.pictures.message_svg import draw

_DOCS = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_QUESTIONS = {
    "answer": "number my days",
    "meaning": "feeling like nobody cares about me",
    "not-sure": "the one about the dog and the table",
    "passage": "psalm 23",
}
_CONVERSATION = ("number my days", "+", "he lifted me out of the slimy pit", "john 99:99", "jn3.16")


async def main() -> None:
    """Draws all of them."""
    _DOCS.mkdir(parents=True, exist_ok=True)
    async with VerseService.opened(BotSettings()) as service:
        await service.encoder.ready(60)
        person = Person(service.store.identity.operator(), "console")
        for name, question in _QUESTIONS.items():
            answer = replace(await service.find(question, person, keep=False), kept=True)
            payload, reactions = await _payload(service, answer)
            picture = draw(payload, f"/verse {question}", reactions)
            (_DOCS / f"{name}.svg").write_text(picture, encoding="utf-8")
        console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
        chat = Chat(service, console)
        for line in _CONVERSATION:
            console.print(f"[bold]> [/]{line}")
            await chat.take(line)
        console.save_svg(str(_DOCS / "chat.svg"), title="verse chat")


async def _payload(service: VerseService, answer: Any) -> tuple[dict[str, Any], str]:
    translations = service.index.searcher.translations
    if render.is_passage(answer.result):
        drawn, view = passage(answer, 0, translations, "embed", True)
    else:
        best = answer.result.hits[0]
        drawn = render.draw_answer(answer.result, best, translations)
        view = answer_view(answer, best, "embed")
    embeds = [drawn.embed.to_dict()] if drawn.embed is not None else []
    return {"embeds": embeds, "components": view.to_components()}, "👍👎"


asyncio.run(main())
