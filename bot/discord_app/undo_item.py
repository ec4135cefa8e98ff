"""The button that deletes all feedback of one account, under what says how much that is."""

import re
from typing import Any, Self

import discord

from bot.discord_app.components import Button, Interaction
from bot.discord_app.handling import handling
from bot.errors import FeedbackRefused
from bot.store.abuse import in_words

_ACCOUNT = re.compile(r"[0-9a-f]{32}")


class UndoButton(discord.ui.DynamicItem[Button], template=r"v1:undo:(?P<who>[0-9a-f]{32})"):
    """Deletes every rating, correction and opening of an account; for keepers only."""

    def __init__(self, who: str) -> None:
        super().__init__(
            discord.ui.Button(
                label="Delete all of it", style=discord.ButtonStyle.danger, custom_id=f"v1:undo:{who}"
            )
        )
        self.who = who

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        return cls(match["who"])

    async def callback(self, interaction: Interaction) -> None:
        """Deletes it, and puts that on record."""
        async with handling(interaction, keepers_only=True) as client:
            store = client.service.store
            done = in_words(await store.abuse.undo(self.who))
            await store.audit.note(client.person(interaction).who, "undo", f"{self.who}: {done}")
            await interaction.response.edit_message(
                content=f"Deleted: {done} of account `{self.who}`.", view=None
            )


def undo_view(who: str, counts: dict[str, int]) -> tuple[str, discord.ui.View]:
    """What an account did, and the button that deletes it; raises `FeedbackRefused` when there is nothing."""
    if not _ACCOUNT.fullmatch(who) or not any(counts.values()):
        raise FeedbackRefused(
            "No feedback is kept of such an account; copy its name from the alarm or an export."
        )
    view = discord.ui.View(timeout=None)
    view.add_item(UndoButton(who))
    return f"Account `{who}` gave {in_words(counts)}. Deleting that is for good.", view
