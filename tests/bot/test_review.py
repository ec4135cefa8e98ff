"""The review screen: what comes first, what each key does, and that nothing is lost between sessions."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.errors import BadQuery
from bot.review.screen import draw
from bot.review.session import Review
from bot.settings import BotSettings
from bot.store.candidates import Candidates
from bot.store.ratings import Shown
from bot.store.store import Store
from tests.bot.terminal import on_terminal
from tests.bot.test_console import environment, verse
from tests.bot.test_feedback import FIRST, SECOND, WEPT, ask, rate
from tests.bot.test_feedback import store as store


async def a_day(store: Store) -> None:
    """Questions of every kind, and some that nobody need look at."""
    await ask(store, "answered and gone", "quiet")
    await rate(store, await ask(store, "liked"), FIRST, 1)
    await ask(store, "asked twice", "dan", consent=False)
    await ask(store, "asked twice", "ben")
    await ask(store, "in my own words", "cat")
    await ask(store, "in other words", "cat")
    await rate(store, await ask(store, "disliked"), FIRST, -1)
    wrong = await ask(store, "Jesus cried!")
    await rate(store, wrong, FIRST, -1)
    await store.corrections.opened(Shown(wrong, SECOND), who="ann", consent=True)
    await store.corrections.put(wrong, WEPT, who="ann", consent=True)


async def queue_of(store: Store) -> list[str]:
    return [candidate.query for candidate in await Candidates(store.database).queue()]


async def current(review: Review) -> Any:
    question = await review.current()
    assert question is not None
    return question


async def test_what_teaches_most_comes_first(store: Store) -> None:
    await a_day(store)
    assert await queue_of(store) == ["jesus cried", "disliked", "in my own words", "asked twice", "liked"]


async def test_one_person_who_shouts_does_not_get_the_first_place(store: Store) -> None:
    await a_day(store)
    for _ in range(20):
        await rate(store, await ask(store, "look at me"), FIRST, 1)
    assert (await queue_of(store))[0] == "jesus cried"


async def test_every_verdict_is_kept_with_what_was_seen(store: Store) -> None:
    await a_day(store)
    review = await Review.begin(store, "eve")
    assert await review.correct(await current(review), "john 11:35") == "“jesus cried” is John 11:35."
    with pytest.raises(BadQuery, match="no result 9"):
        await review.accept(await current(review), 9)
    with pytest.raises(BadQuery, match="not a reference"):
        await review.correct(await current(review), "somewhere")
    await review.accept(await current(review), 2)
    await review.reject(await current(review))
    await review.not_in_the_bible(await current(review))
    review.skip()
    assert await review.current() is None
    kept = {d.query: (d.verdict, d.verse_id, len(d.shown)) for d in await store.decisions.all()}
    assert kept == {
        "jesus cried": ("corrected", WEPT, 5),
        "disliked": ("accepted", SECOND, 5),
        "in my own words": ("rejected", FIRST, 5),
        "asked twice": ("not_in_the_bible", None, 5),
    }
    # The one that was skipped, and nothing else, is there the next time.
    again = await Review.begin(store, "eve")
    assert (again.total, again.decided_before) == (1, 4)
    assert (await current(again)).candidate.query == "liked"


async def test_of_several_who_asked_one_who_allows_training_stands_for_the_question(store: Store) -> None:
    await a_day(store)
    found = {c.query: c for c in await Candidates(store.database).queue()}
    question = await Candidates(store.database).question(found["asked twice"])
    assert question is not None
    assert (question.who, question.consent) == ("ben", True)


async def test_everything_can_be_taken_back(store: Store) -> None:
    await a_day(store)
    review = await Review.begin(store, "eve")
    before = await store.database.rows("SELECT id, text, normalised FROM queries ORDER BY id")
    await review.mask(await current(review), ["Jesus"])
    assert (await current(review)).candidate.query == "■ cried"
    await review.accept(await current(review), 1)
    review.skip()
    await review.undo()
    await review.undo()
    assert await store.decisions.all() == []
    await review.undo()
    assert review.position == 0
    assert (await current(review)).candidate.query == "jesus cried"
    assert await store.database.rows("SELECT id, text, normalised FROM queries ORDER BY id") == before
    with pytest.raises(BadQuery, match="nothing to take back"):
        await review.undo()


async def test_masked_words_leave_the_log_and_other_curators_decisions(store: Store) -> None:
    await a_day(store)
    other = await Review.begin(store, "pat")
    await other.accept(await current(other), 1)
    review = await Review.begin(store, "eve")
    await review.mask(await current(review), ["jesus"])
    assert {decision.query for decision in await store.decisions.all()} == {"■ cried"}
    assert await store.database.rows("SELECT 1 FROM queries WHERE text LIKE '%jesus%'") == []
    with pytest.raises(BadQuery, match="Nothing of that"):
        await review.mask(await current(review), ["jesus"])


async def test_two_curators_are_kept_apart_and_hear_of_each_other_afterwards(store: Store) -> None:
    await a_day(store)
    first, second = await Review.begin(store, "eve"), await Review.begin(store, "pat")
    await first.correct(await current(first), "john 11:35")
    assert (await current(second)).candidate.query == "jesus cried"
    assert "pat" in drawn(second, await current(second))
    assert "eve" not in drawn(second, await current(second))
    assert "0 of 1 other curators" in await second.reject(await current(second))
    assert {d.curator: d.verdict for d in await store.decisions.on("jesus cried")} == {
        "eve": "corrected",
        "pat": "rejected",
    }


def drawn(review: Review, question: Any, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(draw(review, question, lambda verse: f"text of {verse}", "said before"))
    return console.export_text()


async def test_the_screen_shows_the_question_the_answers_and_what_people_made_of_them(store: Store) -> None:
    await a_day(store)
    review = await Review.begin(store, "eve")
    screen = drawn(review, await current(review))
    for expected in (
        "eve: question 1 of 5",
        "jesus cried",
        "1× corrected · 1 👎 · may train",
        "Psalm 90:12",
        f"text of {FIRST}",
        "1 👎",
        "1 opened",
        "1× meant was  John 11:35",
        f"text of {WEPT}",
        "said before",
        "q quit",
    ):
        assert expected in screen, screen
    assert all(len(line) <= 60 for line in drawn(review, await current(review), width=60).splitlines())


async def test_the_command_takes_keys_from_a_pipe(settings: BotSettings) -> None:
    async with await Store.open(settings.database) as store:
        await a_day(store)
    lines = "c john 11:35\nc nonsense\n1\nx\nu\nn\nq\n"
    status, said, err = await verse(settings.data_dir, "feedback", "review", "--curator", "eve", lines=lines)
    assert (status, err) == (0, "")
    assert "Jesus wept." in said
    assert "not a reference" in said
    assert "That key means nothing here." in said
    assert "Decided: 2. Left for the next time: 3." in said
    assert settings.regression_file.read_text("utf-8") == (
        '{"query": "jesus cried", "gold": ["JHN 11:35"], "kind": "regression"}\n'
    )
    status, said, _ = await verse(settings.data_dir, "feedback", "stats")
    assert "Questions decided: 2. Curators: 1." in said


async def test_a_terminal_takes_single_keys_and_ctrl_c_loses_nothing(settings: BotSettings) -> None:
    async with await Store.open(settings.database) as store:
        await a_day(store)
    command = (sys.executable, "-m", "bot", "feedback", "review", "--curator", "eve")
    async with on_terminal(
        command, settings.data_dir, environment(settings.data_dir) | {"TERM": "dumb"}
    ) as terminal:
        await terminal.read_until("q quit")
        terminal.type(b"c")
        await terminal.read_until("Which verse was meant?")
        terminal.type(b"john 11:35\n")
        await terminal.read_until("is John 11:35.")
        terminal.type(b"\x1b[C")  # an arrow
        await terminal.read_until("means nothing")
        terminal.type(b"\x03")
        await terminal.read_until("Decided: 1.")
        assert await terminal.ended() == 0
    async with await Store.open(settings.database) as store:
        assert [d.query for d in await store.decisions.all("eve")] == ["jesus cried"]


async def test_decisions_travel_between_installations_by_command(
    settings: BotSettings, tmp_path: Path
) -> None:
    async with await Store.open(settings.database) as store:
        await a_day(store)
        review = await Review.begin(store, "eve")
        await review.correct(await current(review), "john 11:35")
    out = tmp_path / "decisions.jsonl"
    await verse(settings.data_dir, "feedback", "export", "--out", str(out))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    status, said, _ = await verse(elsewhere, "feedback", "import", str(out))
    assert (status, "1 decisions are new" in said, "people's ratings" in said) == (0, True, True)
    assert "JHN 11:35" in (elsewhere / "feedback" / "regression.jsonl").read_text("utf-8")
    with out.open("a", encoding="utf-8") as file:
        file.write('{"schema": 1}\n')
    last = len(out.read_text("utf-8").splitlines())
    status, said, err = await verse(elsewhere, "feedback", "import", str(out))
    assert (status, f"line {last}: schema" in said, "Nothing was imported" in err) == (1, True, True)
