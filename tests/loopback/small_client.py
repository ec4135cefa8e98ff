"""A small client that is nothing but discord.py, with commands of every shape that the product needs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.loopback import LoopbackDiscord


class Thumb(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"thumb:(?P<number>\d+)"):
    """A button that survives restarts, as the product's do."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(discord.ui.Button(emoji="👍", custom_id=f"thumb:{number}"))

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: Any, /) -> "Thumb":
        return cls(int(match["number"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"thumb {self.number}", ephemeral=True)


class Question(discord.ui.Modal, title="Which verse did you mean?"):
    reference: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Reference", max_length=40)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"noted {self.reference.value}", ephemeral=True)


class Menu(discord.ui.View):
    """A menu and a button that live as long as their message."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(Thumb(7))

    @discord.ui.select(options=[discord.SelectOption(label="Psalm"), discord.SelectOption(label="Job")])
    async def choose(self, interaction: discord.Interaction[Any], menu: discord.ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=f"chose {menu.values[0]}")

    @discord.ui.button(label="Correct")
    async def correct(self, interaction: discord.Interaction[Any], button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Question())


class SmallClient(discord.AutoShardedClient):
    """Commands of every shape that the product needs."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True)
        super().__init__(intents=intents, allowed_mentions=discord.AllowedMentions.none())
        self.tree = app_commands.CommandTree(self)
        self.reactions: list[tuple[str, str, int]] = []
        add_commands(self.tree)
        self.add_dynamic_items(Thumb)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        self.reactions.append(("add", event.emoji.name, event.user_id))
        channel = self.get_partial_messageable(event.channel_id, guild_id=event.guild_id)
        if self.user is not None and event.user_id != self.user.id:
            await channel.get_partial_message(event.message_id).add_reaction("✅")

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        self.reactions.append(("remove", event.emoji.name, event.user_id))


def add_commands(tree: app_commands.CommandTree[Any]) -> None:
    everywhere = app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    both = app_commands.allowed_installs(guilds=True, users=True)

    @tree.command(description="Finds a verse.")
    @everywhere
    @both
    @app_commands.describe(query="the words you remember", translation="which Bible")
    async def verse(
        interaction: discord.Interaction[Any],
        query: app_commands.Range[str, 1, 200],
        translation: str = "WEB",
    ) -> None:
        if query == "slowly":
            await interaction.response.defer(thinking=True)
            await interaction.followup.send(f"found {query} in {translation}")
            await interaction.followup.send("and one more", file=discord.File(__file__, "proof.py"))
            return
        embed = discord.Embed(title="Psalm 90:12", description=f"found {query} in {translation}")
        await interaction.response.send_message(embed=embed, view=Menu())

    @verse.autocomplete("translation")
    async def translations(
        interaction: discord.Interaction[Any], typed: str
    ) -> list[app_commands.Choice[str]]:
        known = ["ASV", "KJV", "WEB"]
        return [app_commands.Choice(name=code, value=code) for code in known if typed.upper() in code]

    @tree.command(description="Writes where it was called.")
    async def post(interaction: discord.Interaction[Any], text: str) -> None:
        assert isinstance(interaction.channel, discord.abc.Messageable)
        await interaction.response.defer(ephemeral=True)
        try:
            message = await interaction.channel.send(text)
            await message.add_reaction("👍")
            await message.edit(content=f"{text}!")
        except discord.HTTPException as error:
            await interaction.followup.send(f"refused: {error.code}")
        else:
            await interaction.followup.send("done")

    @tree.context_menu(name="Find this verse")
    @everywhere
    @both
    async def find(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await interaction.response.send_message(f"looking for {message.content}", ephemeral=True)

    admin = app_commands.Group(
        name="admin", description="For owners.", default_permissions=discord.Permissions(manage_guild=True)
    )

    @admin.command(description="Says how it is.")
    async def status(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message("all well", ephemeral=True)

    tree.add_command(admin)


def point_at(server: LoopbackDiscord, patch: pytest.MonkeyPatch) -> None:
    """Makes discord.py take the loopback for Discord: the two addresses are all that it needs."""
    patch.setattr(Route, "BASE", server.url)
    patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))


@contextlib.asynccontextmanager
async def running(server: LoopbackDiscord) -> AsyncIterator[SmallClient]:
    """A client that is logged in with all its shards, closed afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        point_at(server, patch)
        client = SmallClient()
        life = asyncio.create_task(client.start(server.token))
        ready = asyncio.create_task(server.ready())
        try:
            # Whichever comes first: a client that fails says why, rather than that it was not ready in time.
            await asyncio.wait([life, ready], return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                await life
            await ready
            yield client
        finally:
            ready.cancel()
            await client.close()
            await life
