"""👍 and 👎, taking them back, and the form that asks which verse was meant."""

import re
from typing import Any, Self

import discord

from bot.discord_app.components import QUERY, VERSE, Button, Interaction, named, query_in, shown_in
from bot.discord_app.handling import handling, sentence
from bot.errors import BadQuery
from bot.store.ratings import Shown, Value
from index.books import display
from index.errors import IndexingError

UP, DOWN = "👍", "👎"
VALUES: dict[str, Value] = {UP: 1, DOWN: -1}

_FORM = re.compile(rf"v1:meant:{QUERY}(?::{VERSE})?")  # once without the verse
_FIELD = "reference"
_FORM_S = 900  # how long discord.py remembers a form that nobody sends; ours is read without that


class RateButton(discord.ui.DynamicItem[Button], template=rf"v1:rate:{QUERY}:{VERSE}:(?P<value>[+-])"):
    """👍 or 👎 for the verse on show."""

    def __init__(self, shown: Shown, value: Value) -> None:
        custom_id = f"v1:rate:{named(shown)}:{'+' if value > 0 else '-'}"
        super().__init__(discord.ui.Button(emoji=UP if value > 0 else DOWN, custom_id=custom_id, row=2))
        self.shown = shown
        self.value = value

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        return cls(shown_in(match), 1 if match["value"] == "+" else -1)

    async def callback(self, interaction: Interaction) -> None:
        """Keeps the rating, and thanks for it or asks which verse was meant."""
        async with handling(interaction) as client:
            await client.service.rate(self.shown, client.person(interaction), self.value, "button")
            if self.value < 0:
                await interaction.response.send_modal(MeantForm(self.shown))
                return
            view = discord.ui.View(timeout=None)
            view.add_item(UnrateButton(self.shown))
            await interaction.response.send_message(
                f"{UP} for {display(self.shown.verse_id)} is kept. Thank you!", view=view, ephemeral=True
            )


class UnrateButton(discord.ui.DynamicItem[Button], template=rf"v1:unrate:{QUERY}:{VERSE}"):
    """Takes a rating back."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(discord.ui.Button(label="Take it back", custom_id=f"v1:unrate:{named(shown)}"))
        self.shown = shown

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        return cls(shown_in(match))

    async def callback(self, interaction: Interaction) -> None:
        """Takes it back."""
        async with handling(interaction) as client:
            await client.service.unrate(self.shown, client.person(interaction))
            await interaction.response.edit_message(
                content=f"Your rating of {display(self.shown.verse_id)} is taken back.", view=None
            )


class MeantForm(discord.ui.Modal):
    """Asks which verse was meant; what it is sent back with is read by `take_form`, also after a restart."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(
            title="Which verse did you mean?", custom_id=f"v1:meant:{named(shown)}", timeout=_FORM_S
        )
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            placeholder="Psalm 90:12", custom_id=_FIELD, max_length=60, required=False
        )
        self.add_item(
            discord.ui.Label(
                text="Reference", description="Your 👎 is kept. If you know it, tell me:", component=field
            )
        )


class MeantButton(discord.ui.DynamicItem[Button], template=rf"v1:again:{QUERY}(?::{VERSE})?"):
    """Opens the form again after something that was no reference."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(discord.ui.Button(label="Try again", custom_id=f"v1:again:{named(shown)}"))
        self.shown = shown

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        return cls(_of_form(match))

    async def callback(self, interaction: Interaction) -> None:
        """Opens the form."""
        async with handling(interaction):
            await interaction.response.send_modal(MeantForm(self.shown))


async def take_form(interaction: Interaction) -> None:
    """Takes a form that was sent back, if it is this one."""
    data: Any = interaction.data or {}
    match = _FORM.fullmatch(data.get("custom_id", ""))
    if match is None:
        return
    async with handling(interaction) as client:
        shown = _of_form(match)
        written = _written(data.get("components", []))
        view = discord.ui.View(timeout=None)
        if shown.verse_id:
            view.add_item(UnrateButton(shown))
        if not written:
            await interaction.response.send_message(f"{DOWN} is kept. Thank you!", view=view, ephemeral=True)
            return
        try:
            verse = await client.service.correct(shown.query_id, written, client.person(interaction))
        except (BadQuery, IndexingError) as error:
            view.add_item(MeantButton(shown))
            await interaction.response.send_message(sentence(error), view=view, ephemeral=True)
            return
        await interaction.response.send_message(
            f"{display(verse)} is noted as what you meant. Thank you!", view=view, ephemeral=True
        )


def _of_form(match: re.Match[str]) -> Shown:
    """The answer and verse that a form is about; the verse is 0 in forms of before."""
    return Shown(query_in(match), int(match["verse"] or 0))


def _written(components: list[Any]) -> str:
    """What stands in the form's field, wherever in the tree Discord puts it."""
    for component in components:
        if component.get("custom_id") == _FIELD:
            return str(component.get("value") or "").strip()
        inner = component.get("components") or [c for c in [component.get("component")] if c]
        if inner and (found := _written(inner)):
            return found
    return ""
