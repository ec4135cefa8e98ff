"""A message and what becomes of it: edits, files, components, reactions, and who may see it."""

from __future__ import annotations

import copy
import datetime
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

from tests.loopback.errors import JSON
from tests.loopback.snowflake import snowflake
from tests.loopback.world import Channel, User


class MessageFlag(IntFlag):
    """Discord's message flags that matter here."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    COMPONENTS_V2 = 1 << 15


NO_FLAGS = MessageFlag(0)


class ComponentKind(IntEnum):
    """Discord's component types that the tests speak of."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    LABEL = 18


@dataclass(eq=False)
class Attachment:
    """An uploaded file, kept in memory."""

    filename: str
    content: bytes
    description: str | None = None
    id: int = field(default_factory=snowflake)

    def payload(self, base_url: str) -> JSON:
        """Discord's `attachment` object."""
        url = f"{base_url}/attachments/{self.id}/{self.filename}"
        body: JSON = {
            "id": str(self.id),
            "filename": self.filename,
            "size": len(self.content),
            "url": url,
            "proxy_url": url,
        }
        return body if self.description is None else body | {"description": self.description}


def walk(components: Sequence[JSON]) -> Iterator[JSON]:
    """Every component, those inside rows, sections, containers and labels included, in reading order."""
    for component in components:
        yield component
        yield from walk(component.get("components", ()))
        yield from walk([component[key] for key in ("accessory", "component") if key in component])


@dataclass(eq=False)
class Message:
    """The present state; ``history`` holds every earlier one, so that tests see what was edited when."""

    channel: Channel
    author: User
    content: str = ""
    embeds: list[JSON] = field(default_factory=list)
    components: list[JSON] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: MessageFlag = NO_FLAGS
    interaction: JSON | None = None
    visible_to: User | None = None
    reference: JSON | None = None
    reactions: dict[str, list[User]] = field(default_factory=dict)
    history: list[Message] = field(default_factory=list)
    deleted: bool = False
    edited_at: str | None = None
    created_at: str = field(default_factory=lambda: now())
    id: int = field(default_factory=snowflake)

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who asked can see it."""
        return MessageFlag.EPHEMERAL in self.flags

    @property
    def loading(self) -> bool:
        """Whether it still says "… is thinking"."""
        return MessageFlag.LOADING in self.flags

    @property
    def text(self) -> str:
        """All that can be read: content, embeds, text components; one per line."""
        lines = [self.content]
        for embed in self.embeds:
            lines += [embed.get("author", {}).get("name", ""), embed.get("title", "")]
            lines += [embed.get("description", "")]
            for item in embed.get("fields", ()):
                lines += [item["name"], item["value"]]
            lines += [embed.get("footer", {}).get("text", "")]
        lines += [component["content"] for component in walk(self.components) if "content" in component]
        return "\n".join(line for line in lines if line)

    @property
    def buttons(self) -> list[JSON]:
        """The buttons in reading order."""
        return [item for item in walk(self.components) if item["type"] == ComponentKind.BUTTON]

    @property
    def selects(self) -> list[JSON]:
        """The select menus in reading order."""
        return [item for item in walk(self.components) if "SELECT" in _kind_name(item["type"])]

    def button(self, shown: str) -> JSON:
        """The button that shows this label or emoji.

        Raises:
            LookupError: naming the buttons that there are.
        """
        for item in self.buttons:
            if shown in (item.get("label"), item.get("emoji", {}).get("name")):
                return item
        there = [item.get("label") or item.get("emoji", {}).get("name") for item in self.buttons]
        raise LookupError(f"no button {shown!r} on this message, only {there}")

    def component(self, custom_id: str) -> JSON:
        """The component with this custom id.

        Raises:
            LookupError: naming the custom ids that there are.
        """
        for item in walk(self.components):
            if item.get("custom_id") == custom_id:
                return item
        there = [item["custom_id"] for item in walk(self.components) if "custom_id" in item]
        raise LookupError(f"no component {custom_id!r} on this message, only {there}")

    def apply(self, body: JSON, files: Sequence[Attachment], *, edit: bool) -> None:
        """Takes over what a request says; what it does not mention stays as it was."""
        if edit:
            earlier = copy.copy(self)
            earlier.history = []
            self.history.append(earlier)
            self.edited_at = now()
        if "content" in body:
            self.content = body["content"] or ""
        if "embeds" in body:
            self.embeds = [{"type": "rich"} | embed for embed in body["embeds"] or ()]
        if "components" in body:
            self.components = _numbered(body["components"] or [])
        if body.get("flags") is not None:
            # An edit can set neither of these two; only the answer to an interaction decides on them.
            fixed = self.flags & (MessageFlag.EPHEMERAL | MessageFlag.LOADING)
            self.flags = MessageFlag(body["flags"]) | fixed
        if "attachments" in body or files:
            kept = {str(item["id"]) for item in body.get("attachments") or ()}
            self.attachments = [old for old in self.attachments if str(old.id) in kept] + list(files)

    def payload(self, *, reader: User, base_url: str) -> JSON:
        """Discord's `message` object as this reader gets it."""
        body: JSON = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "type": 20 if self.interaction is not None else 0,
            "author": self.author.payload(),
            "content": self.content,
            "embeds": self.embeds,
            "components": self.components,
            "attachments": [item.payload(base_url) for item in self.attachments],
            "flags": int(self.flags),
            "timestamp": self.created_at,
            "edited_timestamp": self.edited_at,
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
        }
        if self.reactions:
            body["reactions"] = [
                {
                    "emoji": {"id": None, "name": emoji},
                    "count": len(users),
                    "count_details": {"normal": len(users), "burst": 0},
                    "burst_colors": [],
                    "me": reader in users,
                    "me_burst": False,
                }
                for emoji, users in self.reactions.items()
            ]
        if self.interaction is not None:
            body |= {
                "interaction_metadata": self.interaction,
                "application_id": str(self.author.id),
                "webhook_id": str(self.author.id),
            }
        if self.reference is not None:
            body["message_reference"] = self.reference
        return body


def now() -> str:
    """The present as Discord writes it."""
    return datetime.datetime.now(datetime.UTC).isoformat()


def _kind_name(kind: int) -> str:
    return next((known.name for known in ComponentKind if known == kind), "")


def _numbered(components: list[JSON]) -> list[JSON]:
    """Components as Discord hands them back: each with a number, absent things left out."""
    numbers = itertools.count(1)

    def visit(value: Any) -> Any:
        if isinstance(value, list):
            return [visit(item) for item in value]
        if not isinstance(value, dict):
            return value
        present = {key: item for key, item in value.items() if item is not None}
        # Options and emojis are dictionaries too, but only components have a number for a type.
        if isinstance(present.get("type"), int):
            present = {"id": next(numbers)} | present
        return {key: visit(item) for key, item in present.items()}

    return [visit(component) for component in components]
