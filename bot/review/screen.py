"""What the screen shows of one question."""

from collections.abc import Callable
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.review.session import Review
from bot.store.candidates import Found, Question, Votes
from index.books import display

KEYS = (
    ("1-5", "that verse is right"),
    ("a", "the first is"),
    ("c", "another is"),
    ("r", "none is"),
    ("n", "not in the Bible"),
    ("m", "mask"),
    ("s", "skip"),
    ("u", "undo"),
    ("q", "quit"),
)


def draw(review: Review, question: Question, text_of: Callable[[int], str], said: str) -> RenderableType:
    """The whole screen.

    Args:
        review: how far the curator is.
        question: to decide.
        text_of: a verse's text.
        said: what the last key did.

    """
    place = f"{review.curator}: question {review.position + 1:,} of {review.total:,}"
    done = f"{review.decided:,} decided now, {review.decided_before:,} before"
    parts: list[RenderableType] = [
        Rule(Text(f"{place} · {done}", style="dim"), align="left", style="dim"),
        Panel(Text(question.candidate.query, style="bold"), subtitle=_about(question), subtitle_align="left"),
        _results(question, text_of),
    ]
    if meant := _meant_elsewhere(question, text_of):
        parts.append(meant)
    parts += [Text(), _keys(), Text(said or " ", style="green")]
    return Group(*parts)


def at_the_end(said: str) -> RenderableType:
    """The screen when every question is decided or left."""
    keys = Text.assemble(("u", "bold cyan"), (" undo  ", "dim"), ("q", "bold cyan"), (" quit", "dim"))
    return Group(
        Text(said, style="green"), Text("Nothing is left to decide in this session.", style="bold"), keys
    )


def _about(question: Question) -> Text:
    """Why this question is here, in the panel's lower edge."""
    candidate = question.candidate
    day = datetime.fromtimestamp(question.asked_at / 1000, UTC).date().isoformat()
    facts = [f"asked {candidate.asked}×, last on {day}"]
    facts += [f"{candidate.corrected}× corrected"] if candidate.corrected else []
    facts += [f"{candidate.down} 👎"] if candidate.down else []
    facts += [f"{candidate.up} 👍"] if candidate.up else []
    facts += [f"{candidate.abandoned}× abandoned"] if candidate.abandoned else []
    facts += [] if question.sure else [f"not sure ({question.confidence:.0%})"]
    facts += ["may train" if question.consent else "may not train"]
    return Text(" · ".join(facts), style="dim")


def _results(question: Question, text_of: Callable[[int], str]) -> Table:
    table = Table(box=None, padding=(0, 1), expand=True, show_header=False)
    table.add_column(justify="right", style="bold cyan", width=2)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    for found in question.results:
        votes = question.votes.get(found.verse_id, Votes())
        style = "" if found.seen else "dim"
        table.add_row(
            str(found.rank),
            display(found.verse_id),
            Text(text_of(found.verse_id), style=style),
            f"{found.score:.2f} {'+'.join(found.matched_by)}",
            _marks(found, votes),
        )
    if not question.results:
        table.add_row("", "", Text("Nothing was found.", style="dim"), "", "")
    return table


def _marks(found: Found, votes: Votes) -> Text:
    marks = [(votes.meant, "meant", "green"), (votes.up, "👍", ""), (votes.down, "👎", "")]
    marks.append((votes.opened, "opened", "dim"))
    told = [Text(f"{count} {what}", style=style) for count, what, style in marks if count]
    if not found.seen:
        told.append(Text("not seen", style="dim"))
    return Text(" ").join(told)


def _meant_elsewhere(question: Question, text_of: Callable[[int], str]) -> Table | None:
    """Verses that people said they meant and that were not among the answers."""
    answered = {found.verse_id for found in question.results}
    rows = [
        (verse, votes) for verse, votes in question.votes.items() if votes.meant and verse not in answered
    ]
    if not rows:
        return None
    table = Table(box=None, padding=(0, 1), expand=True, show_header=False)
    table.add_column(style="green", no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1)
    for verse, votes in sorted(rows, key=lambda row: -row[1].meant):
        table.add_row(f"{votes.meant}× meant was", display(verse), text_of(verse))
    return table


def _keys() -> Text:
    return Text("  ").join(Text.assemble((key, "bold cyan"), (f" {what}", "dim")) for key, what in KEYS)
