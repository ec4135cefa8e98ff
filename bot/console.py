"""`verse chat`: the same service in a terminal, with ratings.

    > number my days
    > +            the first verse was right
    > -3           the third was not
    > :kjv         show another translation from now on
    > :quit        or Ctrl-D

Lines from a pipe are answered like typed ones, so `echo "number my days" | verse chat` works.
"""

import re
import sys

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from bot.errors import BadQuery, BotError
from bot.keyboard import in_daemon_thread
from bot.logs import log_to_file
from bot.passages import passage_label, verse_marks
from bot.service import Answer, Person, VerseService
from bot.settings import BotSettings
from bot.store.ratings import Shown, Value
from encoder.errors import EncoderError
from index.books import display
from index.errors import IndexingError
from index.results import Hit

_ENCODER_S = 15.0  # a first answer by words alone would make a poor first impression
_RATING = re.compile(r"([+-])\s*([1-9])?")
_ONE_LINE = 100
HELP = (
    "Type what you remember, or a reference. Then + or - rates the first verse, -2 the second;"
    " :kjv changes the translation, :quit ends."
)


async def run_chat(settings: BotSettings, console: Console) -> None:
    """Answers line by line until the input ends; raises `StoreError`."""
    log_to_file(settings.logs_dir / "chat.log")
    async with VerseService.opened(settings) as service:
        if (trouble := service.index.trouble) is not None:
            console.print(trouble, style="red", markup=False)
        with console.status("Waking the encoder…"):
            await service.encoder.ready(_ENCODER_S)
        chat = Chat(service, console)
        console.print(HELP, style="dim")
        while (line := await in_daemon_thread(lambda: _read_line(console))) is not None:
            if not line.strip():
                continue
            if line.strip() in (":q", ":quit", ":exit"):
                break
            try:
                await chat.take(line.strip())
            except (BotError, IndexingError, EncoderError) as error:
                console.print(str(error), style="red", markup=False)


class Chat:
    """What one conversation remembers: the last answer and the translation."""

    def __init__(self, service: VerseService, console: Console) -> None:
        self._service = service
        self._console = console
        # Whoever sits at the machine keeps the installation.
        self._person = Person(service.store.identity.operator(), "console", is_admin=True)
        self._translation = service.settings.translation
        self._answer: Answer | None = None

    async def take(self, line: str) -> None:
        """One line: a rating, a command or a query."""
        if rating := _RATING.fullmatch(line):
            await self._rate(1 if rating[1] == "+" else -1, int(rating[2] or 1))
        elif line.startswith(":"):
            self._change_translation(line[1:].strip())
        else:
            self._answer = await self._service.find(line, self._person, translation=self._translation)
            self._show(self._answer)

    async def _rate(self, value: Value, rank: int) -> None:
        hits = self._answer.result.hits if self._answer else ()
        if self._answer is None or rank > len(hits):
            raise BadQuery("There is no such verse to rate; ask for one first.")
        hit = hits[rank - 1]
        shown = Shown(self._answer.query_id, hit.verse_id)
        await self._service.rate(shown, self._person, value, "console")
        self._console.print(f"{'👍' if value > 0 else '👎'} {display(hit.verse_id)} is kept.", style="green")

    def _change_translation(self, code: str) -> None:
        known = self._service.index.searcher.translations
        if code.upper() not in known:
            raise BadQuery(f'There is no translation "{code}"; there are {", ".join(known)}.')
        self._translation = code.upper()
        self._console.print(f"From now on: {known[self._translation]}.", style="green", markup=False)

    def _show(self, answer: Answer) -> None:
        result = answer.result
        if result.notice:
            self._console.print(result.notice, style="yellow", markup=False)
        if not result.hits:
            return
        if len(result.hits) > 1 and "reference" in result.hits[0].matched_by:
            self._show_passage(result.hits)
            return
        best, *others = result.hits
        if not result.sure:
            self._console.print("Not sure. The closest I found:", style="yellow")
        why = " and ".join(best.matched_by)
        self._console.print(
            Panel(
                _bold(best),
                title=f"[bold]{display(best.verse_id)}[/] ({escape(best.translation)})",
                subtitle=f"[dim]{why}, {result.took_ms:.0f} ms[/]",
                title_align="left",
                subtitle_align="right",
            )
        )
        for rank, hit in enumerate(others, start=2):
            line = Text.assemble((f"{rank}. ", "dim"), (display(hit.verse_id), "bold"), f"  {hit.text}")
            line.truncate(_ONE_LINE, overflow="ellipsis")
            self._console.print(line)

    def _show_passage(self, hits: tuple[Hit, ...]) -> None:
        text = Text("\n").join(
            Text.assemble((mark, "dim"), " ", hit.text)
            for mark, hit in zip(verse_marks(hits), hits, strict=True)
        )
        title = (
            f"[bold]{escape(passage_label([h.verse_id for h in hits]))}[/] ({escape(hits[0].translation)})"
        )
        self._console.print(Panel(text, title=title, title_align="left"))


def _bold(hit: Hit) -> Text:
    text = Text(hit.text)
    for start, end in hit.matched_words:
        text.stylize("bold", start, end)
    return text


def _read_line(console: Console) -> str | None:
    if sys.stdin.isatty():
        try:
            return console.input("[bold]> [/]")
        except EOFError:
            return None
    return sys.stdin.readline() or None
