"""Who may change a server's settings and its daily verse: Manage Server, or the role that they named."""

import discord

from bot.discord_app.components import Interaction, client_of
from bot.errors import NotAllowed


async def may_manage(interaction: Interaction) -> bool:
    """Whether the person who acts manages the server they are in."""
    client = client_of(interaction)
    if interaction.guild_id is None or client.get_guild(interaction.guild_id) is None:
        return False  # where the bot is a guest there is nothing to manage
    if interaction.permissions.manage_guild:
        return True
    settings = await client.service.store.preferences.of_server(client.person(interaction).place)
    member = interaction.user
    return (
        settings.admin_role is not None
        and isinstance(member, discord.Member)
        and member.get_role(settings.admin_role) is not None
    )


async def check_manager(interaction: Interaction) -> str:
    """The name under which the server is stored; raises `NotAllowed` for who does not manage it."""
    place = client_of(interaction).person(interaction).place
    if place is None or not await may_manage(interaction):
        raise NotAllowed("Only people who manage this server (Manage Server) can do that here.")
    return place
