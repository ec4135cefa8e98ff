"""Tells Discord about the commands, but only when they changed.

Discord allows 200 changes a day and server, and every change makes clients fetch the commands anew; so
the hash of what was sent last is kept, and equal commands are not sent again.
"""

import hashlib
import json
import logging
from typing import Any

import discord
from discord import app_commands

from bot.store.facts import Facts

log = logging.getLogger(__name__)

_GLOBAL = "global"


async def sync_commands(
    tree: app_commands.CommandTree[Any], facts: Facts, admin_guild: int | None, *, force: bool = False
) -> list[str]:
    """Sends the commands of each scope, all servers or one, that changed; returns those scopes.

    Args:
        tree: the commands of this program.
        facts: remembers what was sent last.
        admin_guild: the server that has commands of its own, if any.
        force: sends all of them.

    """
    name = f"commands:{tree.client.application_id}"
    known: dict[str, str] = json.loads(await facts.get(name) or "{}")
    wanted = [_GLOBAL] if admin_guild is None else [_GLOBAL, str(admin_guild)]
    sent = []
    for scope in sorted({*wanted, *known}):
        # A server that had /admin and is no more the one to have it gets an empty list.
        guild = None if scope == _GLOBAL else discord.Object(int(scope))
        digest = _digest(tree, guild)
        if force or known.get(scope) != digest:
            try:
                await tree.sync(guild=guild)
            except discord.Forbidden:
                log.error("the bot is not in server %s, so its commands cannot be set", scope)
                continue
            sent.append(scope)
        known[scope] = digest
    known = {scope: digest for scope, digest in known.items() if scope in wanted}
    await facts.set(name, json.dumps(known, sort_keys=True))
    log.info("commands sent to Discord: %s", ", ".join(sent) or "none, nothing changed")
    return sent


def _digest(tree: app_commands.CommandTree[Any], guild: discord.abc.Snowflake | None) -> str:
    payload = [command.to_dict(tree) for command in tree.get_commands(guild=guild)]
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
