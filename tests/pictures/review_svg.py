"""`python -m tests.pictures.review_svg`: the review screen as it looks, on a question that was answered badly."""

import asyncio
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bot.review.screen import draw
from bot.review.session import Review
from bot.store.ids import new_query_id
from bot.store.queries import Asked
from bot.store.ratings import Shown
from bot.store.store import Store
from index.bible import load_translation
from index.books import from_usfm
from index.results import Hit, SearchResult

_PICTURE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "review.svg"
_QUESTION = "the shortest verse, he cried at the grave"
_ANSWER = (
    ("JHN 20:15", 0.62),
    ("LUK 19:41", 0.58),
    ("JHN 11:33", 0.55),
    ("MAT 26:75", 0.47),
    ("JHN 11:35", 0.44),
)
_MEANT = {"ann": "JHN 11:35", "ben": "LUK 7:13"}


async def main() -> None:
    """Draws it."""
    hits = tuple(Hit(from_usfm(r), r, score, "WEB", "", ("meaning",)) for r, score in _ANSWER)
    result = SearchResult(_QUESTION, hits, 0.41, False, 4.0, {}, build_id="b", fingerprint="f")
    verses = load_translation("WEB").verses
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    with TemporaryDirectory() as directory:
        async with await Store.open(Path(directory) / "verse.sqlite3") as store:
            for who in ("ann", "ben", "cat"):
                query_id = new_query_id()
                asked = Asked(query_id, who, None, "discord", _QUESTION, "WEB", None, None, True)
                await store.queries.log(asked, result)
                best, last = (Shown(query_id, hit.verse_id) for hit in (hits[0], hits[-1]))
                await store.ratings.put(best, who=who, value=-1, via="button", consent=True)
                await store.corrections.opened(last, who=who, consent=True)
                if who in _MEANT:
                    await store.corrections.put(query_id, from_usfm(_MEANT[who]), who=who, consent=True)
            review = await Review.begin(store, "anna")
            question = await review.current()
            assert question is not None
            console.print(draw(review, question, lambda verse: verses[verse], "Here it is again."))
    console.save_svg(str(_PICTURE), title="verse feedback review")


if __name__ == "__main__":
    asyncio.run(main())
