"""What `verse feedback stats` prints."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.store.abuse import alarm_text
from bot.store.decisions import agreements
from bot.store.store import Store
from index.books import display

_DAYS = 7


async def print_stats(store: Store, console: Console) -> None:
    """Counts, the last days, what was missed most, how curators agree, and alarms."""
    totals = await store.stats.totals()
    console.print(
        f"{totals.queries:,} questions by {totals.people:,} people, {totals.corrections:,} corrections."
    )
    console.print(
        f"{totals.up:,} 👍, {totals.down:,} 👎; {totals.may_train:,} ratings may be used for training."
    )
    table = Table("day", "questions", "👍", "👎", box=None)
    for day in await store.stats.days(_DAYS):
        table.add_row(day.day.isoformat(), f"{day.queries:,}", f"{day.up:,}", f"{day.down:,}")
    console.print(table)
    if missed := await store.stats.most_missed():
        table = Table("missed most", "asked", "👎", "meant was", box=None)
        for one in missed:
            table.add_row(
                escape(one.text), str(one.asked), str(one.down), display(one.meant) if one.meant else ""
            )
        console.print(table)
    await _print_curators(store, console)
    alarms = await store.abuse.alarms()
    for alarm in alarms:
        console.print(f"⚠ {alarm_text(alarm)}", style="yellow", markup=False, soft_wrap=True)
    if alarms:
        console.print("`verse feedback undo --author …` deletes an account's feedback.", markup=False)


async def _print_curators(store: Store, console: Console) -> None:
    decisions = await store.decisions.all()
    if not decisions:
        return
    questions, curators = {d.query for d in decisions}, {d.curator for d in decisions}
    console.print(f"Questions decided: {len(questions):,}. Curators: {len(curators):,}.")
    if found := agreements(decisions):
        table = Table("curators", "both decided", "agreed", "beyond chance (kappa)", box=None)
        for one in found:
            kappa = "" if one.kappa is None else f"{one.kappa:.2f}"
            table.add_row(
                escape(" and ".join(one.curators)), f"{one.both:,}", f"{one.agreed / one.both:.0%}", kappa
            )
        console.print(table)
