"""One interaction from both sides: what Discord keeps of it, and the transcript that the tests read."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from enum import IntEnum

from tests.loopback.errors import JSON
from tests.loopback.message import Message, MessageFlag
from tests.loopback.snowflake import snowflake
from tests.loopback.world import Channel, User


class InteractionKind(IntEnum):
    """Discord's interaction types."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    """Discord's interaction callback types."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


# What each kind of interaction may be answered with first.
ALLOWED = {
    InteractionKind.COMMAND: {Callback.MESSAGE, Callback.DEFERRED_MESSAGE, Callback.MODAL},
    InteractionKind.COMPONENT: set(Callback) - {Callback.CHOICES},
    InteractionKind.AUTOCOMPLETE: {Callback.CHOICES},
    InteractionKind.MODAL: set(Callback) - {Callback.CHOICES, Callback.MODAL},
}


@dataclass(eq=False)
class Interaction:
    """Somebody asked the bot for something; here is what it answered.

    ``owners`` is Discord's `authorizing_integration_owners`: "0" for a server install, "1" for a user install.
    ``source`` is the message that a component or its form belongs to.
    """

    kind: InteractionKind
    user: User
    channel: Channel
    data: JSON
    owners: dict[str, str]
    source: Message | None = None
    expired: bool = False
    forced_ephemeral: bool = False
    id: int = field(default_factory=snowflake)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(96))
    created_s: float = field(default_factory=time.monotonic)
    callback: Callback | None = None
    callback_after_s: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: JSON | None = None
    choices: list[JSON] | None = None
    refused: str | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether the bot has answered at all, be it only with "thinking"."""
        return self.callback is not None

    @property
    def deferred(self) -> bool:
        """Whether the first answer only asked for time."""
        return self.callback in (Callback.DEFERRED_MESSAGE, Callback.DEFERRED_UPDATE)

    @property
    def answered(self) -> bool:
        """Whether there is something to see; a silent acknowledgment of a click counts, thinking does not."""
        return self.acknowledged and not (self.original is not None and self.original.loading)

    @property
    def age_s(self) -> float:
        """Seconds since the user pressed."""
        return time.monotonic() - self.created_s

    @property
    def message(self) -> Message:
        """The bot's answer in its present state (for updates: the message that was updated).

        Raises:
            LookupError: when the answer is not a message.
        """
        if self.original is None:
            raise LookupError(f"the answer was {self.callback!r}, not a message")
        return self.original

    @property
    def messages(self) -> list[Message]:
        """The answer and its follow-ups that still stand."""
        every = [*([] if self.original is None else [self.original]), *self.followups]
        return [message for message in every if not message.deleted]

    @property
    def text(self) -> str:
        """All that the user can read of it."""
        return "\n".join(message.text for message in self.messages)

    @property
    def ephemeral(self) -> bool:
        """Whether only the user sees the answer."""
        return self.message.ephemeral

    def hidden_flag(self, flags: int | None) -> MessageFlag:
        """The ephemeral bit of an answer: asked for by the bot, or imposed by the server's settings."""
        wanted = MessageFlag(flags or 0) & MessageFlag.EPHEMERAL
        return MessageFlag.EPHEMERAL if self.forced_ephemeral else wanted

    def metadata(self) -> JSON:
        """Discord's `interaction_metadata` of the messages that answer it."""
        body: JSON = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": self.user.payload(),
            "authorizing_integration_owners": self.owners,
        }
        if self.kind is InteractionKind.COMPONENT and self.source is not None:
            body["interacted_message_id"] = str(self.source.id)
        if self.kind is InteractionKind.MODAL:
            trigger = body | {"type": int(InteractionKind.COMMAND)}
            body["triggering_interaction_metadata"] = trigger
        return body
