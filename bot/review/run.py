"""Runs a review in a terminal: shows a question, takes a key, until the end or `q`."""

import getpass
from collections.abc import Callable

from rich.console import Console
from rich.status import Status

from bot.errors import BadQuery, BotError
from bot.feedback import opened
from bot.keyboard import END, Keys, in_daemon_thread, keys_of
from bot.regression import write_regression
from bot.review.screen import at_the_end, draw
from bot.review.session import Review
from bot.settings import BotSettings
from bot.store.candidates import Question
from index.bible import load_translation
from index.errors import IndexingError


async def run_review(settings: BotSettings, console: Console, curator: str | None) -> None:
    """Goes through the questions with a curator; every decision is kept at once.

    Raises:
        StoreError: there is no database.
        IndexingError: the translation of the settings is not there.

    """
    name = (curator or getpass.getuser()).strip()
    async with opened(settings) as store:
        with Status("Looking for what teaches most…", console=console):
            verses = load_translation(settings.translation, settings.data_dir).verses
            review = await Review.begin(store, name)
        with keys_of(console) as keys:
            await _go_through(review, console, keys, lambda verse: verses.get(verse, ""))
        count = write_regression(await store.decisions.all(), settings.regression_file)
    console.print(
        f"Decided: {review.decided:,}. Left for the next time: {review.total - review.position:,}."
        f" The regression set {settings.regression_file} has {count:,}.",
        markup=False,
        soft_wrap=True,
    )


async def _go_through(review: Review, console: Console, keys: Keys, text_of: Callable[[int], str]) -> None:
    said = ""
    while True:
        question = await review.current()
        if console.is_terminal:
            console.clear()
        console.print(at_the_end(said) if question is None else draw(review, question, text_of, said))
        key = await in_daemon_thread(keys.key)
        if key in ("q", END):
            return
        try:
            said = await (review.undo() if key == "u" else _act(review, question, key, keys))
        except (BotError, IndexingError) as error:
            said = str(error)


async def _act(review: Review, question: Question | None, key: str, keys: Keys) -> str:
    """Does what a key means; says what came of it."""
    if question is None:
        raise BadQuery("There is nothing left to decide.")
    if key in ("1", "2", "3", "4", "5", "6", "7", "8", "9"):
        return await review.accept(question, int(key))
    match key:
        case "a":
            return await review.accept(question, 1)
        case "c":
            return await review.correct(question, await _typed(keys, "Which verse was meant? "))
        case "r":
            return await review.reject(question)
        case "n":
            return await review.not_in_the_bible(question)
        case "m":
            words = await _typed(keys, "Words to mask, beside addresses and numbers, with commas: ")
            return await review.mask(question, words.split(","))
        case "s":
            return review.skip()
    raise BadQuery("That key means nothing here.")


async def _typed(keys: Keys, prompt: str) -> str:
    return await in_daemon_thread(lambda: keys.line(prompt))
