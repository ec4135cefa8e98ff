import xml.etree.ElementTree as ET

import pytest

from bot.discord_app.answer_items import answer_view
from bot.discord_app.render import draw_answer
from bot.service import Person, VerseService
from tests.pictures.message_svg import draw


@pytest.mark.parametrize("style", ["embed", "quote", "plain"])
async def test_a_picture_shows_all_that_the_message_says(
    service: VerseService, ann: Person, style: str
) -> None:
    answer = await service.find("number my <days> & *nights*", ann)
    best = answer.result.hits[0]
    drawn = draw_answer(answer.result, best, service.index.searcher.translations, style)  # type: ignore[arg-type]
    payload = {
        "content": drawn.content,
        "embeds": [drawn.embed.to_dict()] if drawn.embed else [],
        "components": answer_view(answer, best, "embed").to_components(),
    }
    picture = ET.fromstring(draw(payload, "/verse number my days", "👍"))
    shown = " ".join("".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text"))
    words = " ".join(shown.split())
    assert all(word in words for word in best.text.split())
    assert "**" not in words
    for label in ("Context", "Chapter", "Related", "Compare", "👍", "👎"):
        assert label in words
