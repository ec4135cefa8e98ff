"""The permission bits that this bot can meet, and Discord's rule for adding them up."""

from collections.abc import Iterable
from enum import IntFlag


class Permission(IntFlag):
    """Bit positions from Discord's documentation; only what a search bot can run into."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


NOTHING = Permission(0)
EVERYTHING = Permission(sum(Permission))
# What @everyone may do in a new server.
ORDINARY = EVERYTHING & ~(Permission.ADMINISTRATOR | Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES)


def resolve(base: Iterable[Permission], overwrites: Iterable[tuple[Permission, Permission]]) -> Permission:
    """Roles are added up, then each overwrite takes away and gives; an administrator stands above both.

    Args:
        base: the permissions of every role that the member has, @everyone included.
        overwrites: (allow, deny) pairs of the channel, the most general first.
    """
    total = NOTHING
    for role in base:
        total |= role
    if total & Permission.ADMINISTRATOR:
        return EVERYTHING
    for allow, deny in overwrites:
        total = total & ~deny | allow
    return total if total & Permission.VIEW_CHANNEL else NOTHING
