"""`/settings`: one panel with menus and switches, for the person and, who manages it, for the server."""

import re
from dataclasses import replace
from typing import Any, Self

import discord
from discord import app_commands

from bot.discord_app.components import Button, Interaction, Select, client_of
from bot.discord_app.handling import handling
from bot.discord_app.managers import check_manager, may_manage
from bot.discord_app.markup import shorten
from bot.discord_app.render import PLAIN
from bot.discord_app.server_stats import StatsButton
from bot.store.preferences import PersonSettings, ServerSettings

_UNSET = "-"
_STYLES = {"embed": "Boxed (embed)", "quote": "As a quotation", "plain": "Plain text"}
_MOST_OPTIONS = 25


@app_commands.command(
    description="Your translation, private answers and looks; a server's too, if you manage it."
)
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def settings(interaction: discord.Interaction[Any]) -> None:
    """Opens the panel."""
    async with handling(interaction):
        embed, view = await _person_panel(interaction)
        await interaction.response.send_message(embed=embed, view=view, ephemeral=True)


class ChoiceMenu(
    discord.ui.DynamicItem[Select], template=r"v1:set:(?P<whose>me|server):(?P<what>translation|style)"
):
    """A menu of one setting."""

    def __init__(self, whose: str, what: str, options: list[discord.SelectOption] | None = None) -> None:
        super().__init__(
            discord.ui.Select(custom_id=f"v1:set:{whose}:{what}", options=options or discord.utils.MISSING)
        )
        self.whose = whose
        self.what = what

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The menu that was used, from what its id says."""
        return cls(match["whose"], match["what"])

    async def callback(self, interaction: Interaction) -> None:
        """Keeps the choice."""
        value = self.item.values[0]
        chosen = {self.what: None if value == _UNSET else value}
        async with handling(interaction):
            await (_change_person if self.whose == "me" else _change_server)(interaction, **chosen)


class Switch(
    discord.ui.DynamicItem[Button], template=r"v1:set:(?P<what>private|numbers|reactions):(?P<to>[01])"
):
    """A button that switches one setting on or off."""

    def __init__(self, what: str, to: bool, label: str = "") -> None:
        style = discord.ButtonStyle.secondary if to else discord.ButtonStyle.success
        super().__init__(
            discord.ui.Button(label=label or what, style=style, custom_id=f"v1:set:{what}:{to:d}", row=3)
        )
        self.what = what
        self.to = to

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        return cls(match["what"], match["to"] == "1")

    async def callback(self, interaction: Interaction) -> None:
        """Switches it."""
        change = _change_server if self.what == "reactions" else _change_person
        async with handling(interaction):
            await change(interaction, **{self.what: self.to})


class PanelButton(discord.ui.DynamicItem[Button], template=r"v1:panel:(?P<whose>me|server)"):
    """Goes over to the other panel."""

    def __init__(self, whose: str) -> None:
        label = "Your settings" if whose == "me" else "This server's settings"
        super().__init__(discord.ui.Button(label=label, custom_id=f"v1:panel:{whose}", row=3))
        self.whose = whose

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        return cls(match["whose"])

    async def callback(self, interaction: Interaction) -> None:
        """Shows that panel."""
        async with handling(interaction):
            panel = _person_panel if self.whose == "me" else _server_panel
            embed, view = await panel(interaction)
            await interaction.response.edit_message(embed=embed, view=view)


class ChannelsMenu(discord.ui.DynamicItem["discord.ui.ChannelSelect[Any]"], template=r"v1:set:channels"):
    """The channels where answers may be public."""

    def __init__(self, chosen: tuple[int, ...] = ()) -> None:
        super().__init__(
            discord.ui.ChannelSelect(
                custom_id="v1:set:channels",
                placeholder="Public answers: in every channel",
                channel_types=[
                    discord.ChannelType.text,
                    discord.ChannelType.forum,
                    discord.ChannelType.voice,
                ],
                min_values=0,
                max_values=25,
                default_values=[discord.Object(channel) for channel in chosen],
                row=1,
            )
        )

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The menu that was used."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Keeps the choice."""
        channels = tuple(channel.id for channel in self.item.values)
        async with handling(interaction):
            await _change_server(interaction, channels=channels)


class RoleMenu(discord.ui.DynamicItem["discord.ui.RoleSelect[Any]"], template=r"v1:set:role"):
    """The role whose members may change these settings too."""

    def __init__(self, chosen: int | None = None) -> None:
        super().__init__(
            discord.ui.RoleSelect(
                custom_id="v1:set:role",
                placeholder="Who besides Manage Server may change this: nobody",
                min_values=0,
                max_values=1,
                default_values=[discord.Object(chosen)] if chosen else [],
                row=2,
            )
        )

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The menu that was used."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Keeps the choice."""
        role = self.item.values[0].id if self.item.values else None
        async with handling(interaction):
            await _change_server(interaction, admin_role=role)


SETTINGS_ITEMS = (ChoiceMenu, Switch, PanelButton, ChannelsMenu, RoleMenu)


async def _change_person(interaction: Interaction, **changes: Any) -> None:
    client = client_of(interaction)
    preferences = client.service.store.preferences
    who = client.person(interaction).who
    await preferences.set_person(who, replace(await preferences.of_person(who), **changes))
    embed, view = await _person_panel(interaction)
    await interaction.response.edit_message(embed=embed, view=view)


async def _change_server(interaction: Interaction, **changes: Any) -> None:
    client = client_of(interaction)
    preferences = client.service.store.preferences
    place = await check_manager(interaction)
    await preferences.set_server(place, replace(await preferences.of_server(place), **changes))
    details = ", ".join(f"{name}={value}" for name, value in changes.items())
    await client.service.store.audit.note(client.person(interaction).who, "server settings", details)
    embed, view = await _server_panel(interaction)
    await interaction.response.edit_message(embed=embed, view=view)


async def _person_panel(interaction: Interaction) -> tuple[discord.Embed, discord.ui.View]:
    client = client_of(interaction)
    mine: PersonSettings = await client.service.store.preferences.of_person(client.person(interaction).who)
    view = discord.ui.View(timeout=None)
    view.add_item(ChoiceMenu("me", "translation", _translations(interaction, mine.translation)))
    styles = [_option("Looks: the default (boxed)", _UNSET, mine.style)]
    styles += [_option(f"Looks: {name}", style, mine.style) for style, name in _STYLES.items()]
    view.add_item(ChoiceMenu("me", "style", styles))
    private, numbers = bool(mine.private), mine.numbers is not False
    view.add_item(Switch("private", not private, f"Private answers: {_on(private)}"))
    view.add_item(Switch("numbers", not numbers, f"Verse numbers: {_on(numbers)}"))
    if await may_manage(interaction):
        view.add_item(PanelButton("server"))
    text = "These hold wherever you are. What you leave open is decided by the server, then by the bot."
    return discord.Embed(title="Your settings", description=text, colour=PLAIN), view


async def _server_panel(interaction: Interaction) -> tuple[discord.Embed, discord.ui.View]:
    place = await check_manager(interaction)
    theirs: ServerSettings = await client_of(interaction).service.store.preferences.of_server(place)
    view = discord.ui.View(timeout=None)
    view.add_item(ChoiceMenu("server", "translation", _translations(interaction, theirs.translation)))
    view.add_item(ChannelsMenu(theirs.channels))
    view.add_item(RoleMenu(theirs.admin_role))
    view.add_item(Switch("reactions", not theirs.reactions, f"👍 👎 under answers: {_on(theirs.reactions)}"))
    view.add_item(StatsButton())
    view.add_item(PanelButton("me"))
    text = "People's own choices go before these. Outside the chosen channels answers are private."
    return discord.Embed(title="This server's settings", description=text, colour=PLAIN), view


def _translations(interaction: Interaction, chosen: str | None) -> list[discord.SelectOption]:
    known = client_of(interaction).translations
    options = [_option("Translation: the default", _UNSET, chosen)]
    options += [_option(shorten(f"{name} ({code})", 100), code, chosen) for code, name in known.items()]
    return options[:_MOST_OPTIONS]


def _option(label: str, value: str, chosen: str | None) -> discord.SelectOption:
    return discord.SelectOption(label=label, value=value, default=value == (chosen or _UNSET))


def _on(value: bool) -> str:
    return "on" if value else "off"
