"""Who and what exists before the bot comes: users, servers, roles, channels, threads and direct messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from tests.loopback.errors import JSON
from tests.loopback.permissions import EVERYTHING, NOTHING, ORDINARY, Permission, resolve
from tests.loopback.snowflake import snowflake

JOINED_AT = "2024-01-01T00:00:00.000000+00:00"


@dataclass(eq=False)
class User:
    """A person or a bot. ``installed``: has added the application to their own account."""

    name: str
    bot: bool = False
    installed: bool = False
    accepts_messages: bool = True
    locale: str = "en-US"
    id: int = field(default_factory=snowflake)

    def payload(self) -> JSON:
        """Discord's `user` object."""
        return {
            "id": str(self.id),
            "username": self.name.lower().replace(" ", "_"),
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
            "system": False,
            "flags": 0,
            "public_flags": 0,
            "primary_guild": None,
        }


@dataclass(eq=False)
class Role:
    """A named set of permissions; the role whose id is the server's is @everyone."""

    name: str
    permissions: Permission
    id: int = field(default_factory=snowflake)

    def payload(self, position: int) -> JSON:
        """Discord's `role` object."""
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "position": position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }


@dataclass(eq=False)
class Member:
    """A user in a server, with the roles they have there besides @everyone."""

    user: User
    roles: list[Role] = field(default_factory=list)

    def payload(self, *, permissions: Permission | None = None) -> JSON:
        """Discord's `member` object; interactions add the permissions in their channel."""
        body: JSON = {
            "user": self.user.payload(),
            "roles": [str(role.id) for role in self.roles],
            "joined_at": JOINED_AT,
            "nick": None,
            "avatar": None,
            "banner": None,
            "premium_since": None,
            "communication_disabled_until": None,
            "pending": False,
            "mute": False,
            "deaf": False,
            "flags": 0,
        }
        return body if permissions is None else body | {"permissions": str(int(permissions))}


class ChannelKind(IntEnum):
    """Discord's channel types that this bot can be in."""

    TEXT = 0
    DM = 1
    THREAD = 11


@dataclass(eq=False)
class Channel:
    """Where messages stand. A thread takes its permissions from the channel above it."""

    name: str
    kind: ChannelKind
    guild: Guild | None = None
    parent: Channel | None = None
    recipients: Sequence[User] = ()
    overwrites: dict[int, tuple[Permission, Permission]] = field(default_factory=dict)
    id: int = field(default_factory=snowflake)

    @property
    def guild_id(self) -> int | None:
        """The server's id, None in direct messages."""
        return None if self.guild is None else self.guild.id

    def deny(self, whom: User | Role, permission: Permission) -> None:
        """Takes a permission away here, from a member or a role."""
        allow, deny = self.overwrites.get(whom.id, (NOTHING, NOTHING))
        self.overwrites[whom.id] = (allow & ~permission, deny | permission)

    def allow(self, whom: User | Role, permission: Permission) -> None:
        """Gives a permission here, to a member or a role."""
        allow, deny = self.overwrites.get(whom.id, (NOTHING, NOTHING))
        self.overwrites[whom.id] = (allow | permission, deny & ~permission)

    def permissions_of(self, user: User) -> Permission:
        """What a user may do here; everything in a direct message that they are part of."""
        if self.guild is None:
            return EVERYTHING & ~Permission.MANAGE_MESSAGES if user in self.recipients else NOTHING
        if user is self.guild.owner:
            return EVERYTHING
        member = self.guild.members.get(user.id)
        if member is None:
            return NOTHING
        rules = (self.parent or self).overwrites
        order = [self.guild.everyone.id, *(role.id for role in member.roles), user.id]
        roles = [self.guild.everyone, *member.roles]
        return resolve((role.permissions for role in roles), (rules[whom] for whom in order if whom in rules))

    def payload(self, *, reader: User | None = None) -> JSON:
        """Discord's `channel` object; a direct message names everybody in it but the reader."""
        body: JSON = {"id": str(self.id), "type": int(self.kind), "flags": 0, "last_message_id": None}
        if self.guild is None:
            return body | {"recipients": [user.payload() for user in self.recipients if user is not reader]}
        body |= {"guild_id": str(self.guild.id), "name": self.name, "rate_limit_per_user": 0}
        if self.parent is not None:
            return body | {
                "parent_id": str(self.parent.id),
                "owner_id": str(self.guild.owner.id),
                "message_count": 0,
                "member_count": 1,
                "total_message_sent": 0,
                "thread_metadata": {
                    "archived": False,
                    "auto_archive_duration": 1440,
                    "archive_timestamp": JOINED_AT,
                    "create_timestamp": JOINED_AT,
                    "locked": False,
                },
            }
        return body | {
            "position": 0,
            "parent_id": None,
            "topic": None,
            "nsfw": False,
            "permission_overwrites": [
                {
                    "id": str(whom),
                    "type": 1 if whom in self.guild.members else 0,
                    "allow": str(int(allow)),
                    "deny": str(int(deny)),
                }
                for whom, (allow, deny) in self.overwrites.items()
            ],
        }


class Guild:
    """A server. The bot is a member unless ``with_bot`` is false, which is where user installs matter."""

    def __init__(
        self,
        name: str,
        *,
        owner: User,
        members: Iterable[User] = (),
        channels: Iterable[str] = ("general",),
        with_bot: bool = True,
        shard: tuple[int, int] | None = None,
        locale: str = "en-US",
    ) -> None:
        self.id = snowflake(shard=shard)
        self.name = name
        self.owner = owner
        self.with_bot = with_bot
        self.locale = locale
        self.everyone = Role("@everyone", ORDINARY, id=self.id)
        self.roles = [self.everyone]
        self.members: dict[int, Member] = {}
        for user in (owner, *members):
            self.add(user)
        self.channels = [Channel(title, ChannelKind.TEXT, guild=self) for title in channels]
        self.threads: list[Channel] = []

    def add(self, user: User, permissions: Permission = NOTHING) -> Member:
        """Lets a user in; permissions beyond those of @everyone come with a role of their own."""
        member = self.members[user.id] = Member(user)
        if permissions:
            role = Role(f"{user.name}'s role", permissions)
            self.roles.append(role)
            member.roles.append(role)
        return member

    def channel(self, name: str = "general") -> Channel:
        """The channel of that name."""
        return next(channel for channel in self.channels if channel.name == name)

    def thread(self, name: str, *, under: Channel) -> Channel:
        """Opens a public thread under a channel; call it before the bot logs in."""
        thread = Channel(name, ChannelKind.THREAD, guild=self, parent=under)
        self.threads.append(thread)
        return thread

    def payload(self, *, bot: User) -> JSON:
        """Discord's `guild` object as GUILD_CREATE sends it to a bot without the members intent."""
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner.id),
            "unavailable": False,
            "large": False,
            "member_count": len(self.members),
            "joined_at": JOINED_AT,
            "features": [],
            "preferred_locale": self.locale,
            "roles": [role.payload(position) for position, role in enumerate(self.roles)],
            "channels": [channel.payload() for channel in self.channels],
            "threads": [thread.payload() for thread in self.threads],
            "members": [self.members[bot.id].payload()],
            "voice_states": [],
            "presences": [],
            "emojis": [],
            "stickers": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }
