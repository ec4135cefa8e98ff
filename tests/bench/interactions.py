"""How soon Discord hears from the bot when 200 people act in the same moment; after 3 s it would be too late.

    python -m tests.bench.interactions

`verse bot` in a process of its own, with its encoder and the index that serves, logged in at the loopback Discord
in this one, which shares the cores. Ends with an error if anybody was
left without an answer.
"""

import asyncio
import sys
from collections.abc import Awaitable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from index.settings import IndexSettings
from tests.bench.load import queries
from tests.bot.discord.process import BotProcess, becomes_true, own_bot
from tests.loopback import Guild, Interaction, LoopbackDiscord, User

LIMIT_S = 3.0
console = Console()


async def bench(data_dir: Path, people: int) -> int:
    """Prints the table; returns how many were lost."""
    members = [User(f"Member {number}") for number in range(people)]
    guild = Guild("Chapel", owner=User("Abbot"), members=members)
    server = LoopbackDiscord(guilds=[guild], acknowledge_within_s=LIMIT_S)
    table = Table(f"{people} at once", "p50 ms", "p95 ms", "max ms", "of 3 s", "deferred", "lost")
    everything = {"VERSE_COOLDOWN_USES": "1000", "VERSE_SERVER_QUEUE": str(people)}
    async with own_bot(server, data_dir, **everything) as bot:
        await _warm(server, guild, members[0])
        asked = await _measure(
            table,
            "/verse",
            [
                server.slash("verse", {"query": text}, user=user, where=guild)
                for text, user in zip(queries(people), members, strict=True)
            ],
        )
        rated = await _measure(table, "👍", [_thumb_up(server, one) for one in asked])
        read = await _measure(table, "Context", [_context(server, one) for one in asked])
        kept = await _kept(bot, people)
        server.complaints.clear()  # late answers, which are counted
    console.print("until the first answer, which Discord takes for 3 s", table)
    console.print(f"{kept} of {people} ratings are in the database")
    return people - min(len(asked), len(rated), len(read), kept)


async def _warm(server: LoopbackDiscord, guild: Guild, user: User) -> None:
    """Until the encoder answers too, and everything has been loaded once."""

    async def whole() -> bool:
        asked = await server.slash("verse", {"query": "number my days"}, user=user, where=guild)
        return "words only" not in asked.text.lower()

    assert await becomes_true(whole)


async def _measure(table: Table, what: str, acts: Sequence[Awaitable[Interaction]]) -> list[Interaction]:
    ended = await asyncio.gather(*acts, return_exceptions=True)
    answered = [one for one in ended if isinstance(one, Interaction)]
    milliseconds = [1000 * (one.callback_after_s or 0.0) for one in answered]
    quantiles = np.quantile(milliseconds, (0.5, 0.95, 1.0))
    cells = [f"{ms:,.0f}" for ms in quantiles]
    share = f"{quantiles[-1] / 1000 / LIMIT_S:.0%}"
    deferred = sum(one.deferred for one in answered)
    table.add_row(what, *cells, share, str(deferred), str(len(acts) - len(answered)))
    return answered


async def _thumb_up(server: LoopbackDiscord, asked: Interaction) -> Interaction:
    return await server.click(asked.message, asked.message.button("👍")["custom_id"], user=asked.user)


async def _context(server: LoopbackDiscord, asked: Interaction) -> Interaction:
    (button,) = [item for item in asked.message.buttons if item.get("label") == "Context"]
    return await server.click(asked.message, button["custom_id"], user=asked.user)


async def _kept(bot: BotProcess, people: int) -> int:
    count = "SELECT count(*) FROM ratings"
    await becomes_true(lambda: bot.rows(count) == [(people,)])
    return int(bot.rows(count)[0][0])


def main(people: Annotated[int, typer.Option(help="How many act at once.")] = 200) -> None:
    """Print the table; uses the index that serves, and a log of its own."""
    index = IndexSettings().index_dir
    with TemporaryDirectory() as directory:
        (Path(directory) / "index").symlink_to(index.resolve())
        sys.exit(bool(asyncio.run(bench(Path(directory), people))))


if __name__ == "__main__":
    typer.run(main)
