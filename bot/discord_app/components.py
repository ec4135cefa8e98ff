"""The menu and buttons under an answer.

Everything they need is in their custom ids, so they work after a restart: `v1` the format, what to do,
the query in base 36, the verse. A format is never changed, only followed by the next.
"""

import re
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.discord_app import render
from bot.discord_app.handling import handling
from bot.discord_app.markup import shorten
from bot.store.ids import to_base36
from bot.store.ratings import Shown, Value
from index.books import display
from index.results import Hit

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient
    from bot.service import Answer

Interaction = discord.Interaction[Any]
Button = discord.ui.Button[Any]
Select = discord.ui.Select[Any]

UP, DOWN = "👍", "👎"
VALUES: dict[str, Value] = {UP: 1, DOWN: -1}

_QUERY = r"(?P<query>[0-9a-z]{1,13})"
_VERSE = r"(?P<verse>\d{7,8})"
_GONE = "This answer is not kept any more; please ask again."


def _client(interaction: Interaction) -> "VerseClient":
    client: VerseClient = interaction.client
    return client


class RateButton(discord.ui.DynamicItem[Button], template=rf"v1:rate:{_QUERY}:{_VERSE}:(?P<value>[+-])"):
    """👍 or 👎 for the verse on show."""

    def __init__(self, shown: Shown, value: Value) -> None:
        custom_id = f"v1:rate:{to_base36(shown.query_id)}:{shown.verse_id}:{'+' if value > 0 else '-'}"
        emoji = UP if value > 0 else DOWN
        super().__init__(discord.ui.Button(emoji=emoji, custom_id=custom_id, row=2))
        self.shown = shown
        self.value = value

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        return cls(_shown(match), 1 if match["value"] == "+" else -1)

    async def callback(self, interaction: Interaction) -> None:
        """Keeps the rating and thanks for it."""
        client = _client(interaction)
        async with handling(interaction, client.inflight):
            await client.service.rate(self.shown, client.person(interaction), self.value, "button")
            await interaction.response.send_message(
                f"{UP if self.value > 0 else DOWN} for {display(self.shown.verse_id)} is kept. Thank you!",
                ephemeral=True,
            )


class OpenMenu(discord.ui.DynamicItem[Select], template=rf"v1:open:{_QUERY}"):
    """Opens another of the verses found, in place of the one on show."""

    def __init__(self, query_id: int, hits: tuple[Hit, ...] = (), on_show: Hit | None = None) -> None:
        options = [
            discord.SelectOption(
                label=f"{rank}. {display(hit.verse_id)}",
                value=str(hit.verse_id),
                description=shorten(hit.text, 100),
                default=hit is on_show,
            )
            for rank, hit in enumerate(hits, start=1)
        ]
        super().__init__(
            discord.ui.Select(
                custom_id=f"v1:open:{to_base36(query_id)}",
                placeholder="Open another of these",
                options=options,
                row=0,
            )
        )
        self.query_id = query_id

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The menu that was used, from what its id says."""
        return cls(int(match["query"], 36))

    async def callback(self, interaction: Interaction) -> None:
        """Shows the verse chosen: to all when the asker chose, otherwise to whoever did."""
        client = _client(interaction)
        async with handling(interaction, client.inflight):
            answer = await client.service.recall(self.query_id)
            chosen = int(self.item.values[0])
            hit = (
                next((hit for hit in answer.result.hits if hit.verse_id == chosen), None) if answer else None
            )
            if answer is None or hit is None:
                await interaction.response.send_message(_GONE, ephemeral=True)
                return
            embed = render.answer_embed(answer.result, hit, client.translations)
            view = answer_view(answer, hit)
            if _asked_by(interaction):
                await interaction.response.edit_message(embed=embed, view=view)
                if interaction.message is not None:
                    await client.service.store.ratings.show(
                        interaction.message.id, Shown(answer.query_id, hit.verse_id)
                    )
            else:
                await interaction.response.send_message(embed=embed, view=view, ephemeral=True)


DYNAMIC_ITEMS = (RateButton, OpenMenu)


def answer_view(answer: "Answer", on_show: Hit) -> discord.ui.View:
    """What goes under an answer that shows that verse."""
    view = discord.ui.View(timeout=None)
    hits = answer.result.hits
    if len(hits) > 1 and "reference" not in on_show.matched_by:
        view.add_item(OpenMenu(answer.query_id, hits, on_show))
    if answer.kept:
        shown = Shown(answer.query_id, on_show.verse_id)
        view.add_item(RateButton(shown, 1))
        view.add_item(RateButton(shown, -1))
    return view


def _shown(match: re.Match[str]) -> Shown:
    return Shown(int(match["query"], 36), int(match["verse"]))


def _asked_by(interaction: Interaction) -> bool:
    message = interaction.message
    metadata = message.interaction_metadata if message is not None else None
    return metadata is not None and metadata.user.id == interaction.user.id
