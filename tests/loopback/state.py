"""Everything that this Discord knows, shared by its REST routes, its gateway and the hands of its users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.loopback.errors import JSON, Code, DiscordError
from tests.loopback.faults import Faults
from tests.loopback.gateway import Gateway, Intent
from tests.loopback.interaction import Interaction
from tests.loopback.message import Message
from tests.loopback.pulse import Pulse
from tests.loopback.world import Channel, ChannelKind, Guild, User

# (server id or None for everywhere, command type, command name)
CommandKey = tuple[int | None, int, str]


@dataclass(frozen=True)
class Request:
    """What came in over REST, in order of arrival, and how it was answered."""

    method: str
    path: str
    template: str
    body: JSON | list[JSON] | None
    files: tuple[str, ...]
    status: int


@dataclass(eq=False)
class State:
    """One Discord with one application."""

    owner: User
    team: Mapping[User, str]
    token: str
    shards: int
    acknowledge_within_s: float
    heartbeat_ms: int
    host: str = ""
    bot: User = field(default_factory=lambda: User("Verse", bot=True))
    guilds: dict[int, Guild] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    commands: dict[CommandKey, JSON] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pulse = Pulse()
        self.gateway = Gateway(self, heartbeat_ms=self.heartbeat_ms)
        self.faults = Faults(self._expire_next)
        self._to_expire = 0
        for user in (self.owner, self.bot, *self.team):
            self.users[user.id] = user

    @property
    def base_url(self) -> str:
        """Root of the server, for files."""
        return f"http://{self.host}"

    @property
    def gateway_url(self) -> str:
        """Where clients connect and resume."""
        return f"ws://{self.host}/gateway/"

    def settle(self, guilds: Iterable[Guild], users: Iterable[User]) -> None:
        """Takes in the people and servers that the test drew up."""
        for user in users:
            self.users[user.id] = user
        for guild in guilds:
            self.guilds[guild.id] = guild
            if guild.with_bot and self.bot.id not in guild.members:
                guild.add(self.bot)
            self.users |= {member.user.id: member.user for member in guild.members.values()}
            self.channels |= {channel.id: channel for channel in (*guild.channels, *guild.threads)}

    def direct(self, *people: User) -> Channel:
        """The direct messages between these users, opened when there are none yet."""
        for channel in self.channels.values():
            if channel.kind is ChannelKind.DM and set(channel.recipients) == set(people):
                return channel
        channel = Channel("", ChannelKind.DM, recipients=people)
        self.channels[channel.id] = channel
        return channel

    def channel(self, channel_id: str) -> Channel:
        """A channel that the bot can see.

        Raises:
            DiscordError: unknown channel, or missing access.
        """
        channel = self.channels.get(_number(channel_id))
        if channel is None:
            raise DiscordError.of(Code.UNKNOWN_CHANNEL)
        if not channel.permissions_of(self.bot):
            raise DiscordError.of(Code.MISSING_ACCESS)
        return channel

    def message(self, channel: Channel, message_id: str) -> Message:
        """A message that stands in a channel for everybody.

        Raises:
            DiscordError: unknown message, which is also what answers for ephemeral ones.
        """
        message = self.messages.get(_number(message_id))
        if message is None or message.deleted or message.ephemeral or message.channel is not channel:
            raise DiscordError.of(Code.UNKNOWN_MESSAGE)
        return message

    def show(self, message: Message, *, event: str) -> None:
        """Keeps a message and tells the bot about it, unless nobody but one user can see it."""
        self.messages[message.id] = message
        if message.ephemeral:
            return
        channel = message.channel
        data = message.payload(reader=self.bot, base_url=self.base_url)
        if channel.guild is not None:
            data["guild_id"] = str(channel.guild.id)
        self.tell(channel, event, data, Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)

    def tell(self, channel: Channel, event: str, data: JSON, in_guild: Intent, in_dm: Intent) -> None:
        """Dispatches an event of a channel, if the bot is there to see it."""
        if Channel.permissions_of(channel, self.bot):
            intent = in_dm if channel.guild is None else in_guild
            self.gateway.dispatch(event, data, guild_id=channel.guild_id, intent=intent)

    def begin(self, interaction: Interaction) -> None:
        """Remembers an interaction whose token the bot may use from now on."""
        if self._to_expire:
            self._to_expire -= 1
            interaction.expired = True
        self.interactions[interaction.token] = interaction

    def _expire_next(self, number: int) -> None:
        self._to_expire += number


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1
