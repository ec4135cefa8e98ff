"""The hands of the users: commands, clicks, menus, forms, reactions, each awaited until the bot has answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.loopback.errors import JSON
from tests.loopback.interaction import Interaction, InteractionKind
from tests.loopback.limits.commands import CommandKind
from tests.loopback.message import ComponentKind, Message
from tests.loopback.offer import context_of, offered, owners_of, registered
from tests.loopback.permissions import Permission
from tests.loopback.routes import reactions
from tests.loopback.routes.messages import remove
from tests.loopback.state import State
from tests.loopback.typed import ImpossibleInputError, filled, form, mention, nested
from tests.loopback.world import Channel, Guild, User

Where = Channel | Guild | None
ATTACHMENT_BYTES = 10 * 1024 * 1024
_MENTIONS = {
    ComponentKind.USER_SELECT,
    ComponentKind.ROLE_SELECT,
    ComponentKind.MENTIONABLE_SELECT,
    ComponentKind.CHANNEL_SELECT,
}


class People:
    """What users do. ``where`` is a channel, a server (its first channel), or None: the bot's direct messages."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def slash(
        self,
        command: str,
        options: Mapping[str, Any] | None = None,
        *,
        user: User,
        where: Where = None,
        anyway: bool = False,
    ) -> Interaction:
        """Calls a slash command, sub-commands separated by spaces, and waits for something to see.

        Raises:
            NotOfferedError: the client would not show this command here; ``anyway`` is for a server whose
                administrators opened it to everybody.
            ImpossibleInputError: the client would not send these options.
            AssertionError: no answer in time, or one that came too late.
        """
        channel = self._channel(where, user)
        name, *path = command.split()
        known = await self._registered(CommandKind.SLASH, name, channel)
        owners = offered(self._state, known, channel, user, anyway=anyway)
        levels, declared = nested(known, path)
        sent, resolved = filled(declared, options or {})
        data = _command_data(known, levels, sent, resolved)
        return await self._ask(Interaction(InteractionKind.COMMAND, user, channel, data, owners))

    async def autocomplete(
        self,
        command: str,
        option: str,
        typed: str,
        *,
        user: User,
        where: Where = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[JSON]:
        """Types into an option, and returns the choices that the bot proposes."""
        channel = self._channel(where, user)
        name, *path = command.split()
        known = await self._registered(CommandKind.SLASH, name, channel)
        owners = offered(self._state, known, channel, user)
        levels, declared = nested(known, path)
        if not any(one["name"] == option and one.get("autocomplete") for one in declared):
            raise ImpossibleInputError(f"{option} of /{command} does not complete itself")
        sent, resolved = filled(declared, {**(options or {}), option: typed}, focused=option)
        data = _command_data(known, levels, sent, resolved)
        asked = await self._ask(Interaction(InteractionKind.AUTOCOMPLETE, user, channel, data, owners))
        return asked.choices or []

    async def message_command(
        self, name: str, message: Message, *, user: User, anyway: bool = False
    ) -> Interaction:
        """Calls a command of a message's context menu."""
        channel = message.channel
        known = await self._registered(CommandKind.MESSAGE, name, channel)
        owners = offered(self._state, known, channel, user, anyway=anyway)
        target = str(message.id)
        # The message goes with the interaction, content included, whatever the intents are.
        shown = message.payload(reader=self._state.bot, base_url=self._state.base_url)
        data = _command_data(known, [], [], {"messages": {target: shown}}) | {"target_id": target}
        return await self._ask(Interaction(InteractionKind.COMMAND, user, channel, data, owners))

    async def click(self, message: Message, custom_id: str, *, user: User) -> Interaction:
        """Presses a button; ``message.button("👍")["custom_id"]`` finds one by what it shows."""
        button = self._usable(message, custom_id, user)
        if button["type"] != ComponentKind.BUTTON:
            raise ImpossibleInputError(f"{custom_id} is not a button")
        data: JSON = {"custom_id": custom_id, "component_type": button["type"], "id": button["id"]}
        return await self._component(message, data, user)

    async def select(
        self, message: Message, custom_id: str, values: Sequence[Any], *, user: User
    ) -> Interaction:
        """Chooses from a menu: values of its options, or users, channels and roles themselves."""
        menu = self._usable(message, custom_id, user)
        kind = ComponentKind(menu["type"])
        if not menu.get("min_values", 1) <= len(values) <= menu.get("max_values", 1):
            raise ImpossibleInputError(f"{custom_id} does not take {len(values)} values")
        if kind is ComponentKind.STRING_SELECT:
            there = [option["value"] for option in menu["options"]]
            if not set(values) <= set(there):
                raise ImpossibleInputError(f"{custom_id} offers {there}, not {list(values)}")
        resolved: JSON = {}
        data: JSON = {
            "custom_id": custom_id,
            "component_type": int(kind),
            "id": menu["id"],
            "values": [mention(value, resolved) for value in values],
        }
        return await self._component(
            message, data | ({"resolved": resolved} if kind in _MENTIONS else {}), user
        )

    async def submit_modal(
        self, asked: Interaction, values: Mapping[str, Any], *, user: User | None = None
    ) -> Interaction:
        """Sends off the form that an interaction was answered with; values by custom id."""
        if asked.modal is None:
            raise ImpossibleInputError("this interaction was not answered with a form")
        data: JSON = {
            "custom_id": asked.modal["custom_id"],
            "components": form(asked.modal, values),
        }
        sent = Interaction(
            InteractionKind.MODAL, user or asked.user, asked.channel, data, asked.owners, source=asked.source
        )
        return await self._ask(sent)

    async def react(self, message: Message, emoji: str, *, user: User) -> None:
        """Adds a reaction; the bot hears of it, what it does then is for the test to await."""
        self._seen(message, user)
        reactions.add(self._state, message, emoji, user)
        self._state.pulse.beat()

    async def unreact(self, message: Message, emoji: str, *, user: User) -> None:
        """Takes a reaction back."""
        self._seen(message, user)
        reactions.remove(self._state, message, emoji, user)
        self._state.pulse.beat()

    async def say(self, text: str, *, user: User, where: Where = None) -> Message:
        """Writes an ordinary message."""
        message = Message(self._channel(where, user), user, content=text)
        self._state.show(message, event="MESSAGE_CREATE")
        return message

    async def delete(self, message: Message) -> None:
        """A moderator deletes a message."""
        remove(self._state, message)

    def _channel(self, where: Where, user: User) -> Channel:
        if where is None:
            return self._state.direct(user, self._state.bot)
        return where.channels[0] if isinstance(where, Guild) else where

    async def _registered(self, kind: CommandKind, name: str, channel: Channel) -> JSON:
        return await self._state.pulse.until(
            lambda: registered(self._state, kind, name, channel), what=f"the bot registers {name!r}"
        )

    def _seen(self, message: Message, user: User) -> None:
        if message.deleted or (message.ephemeral and message.visible_to is not user):
            raise ImpossibleInputError(f"{user.name} does not see this message")

    def _usable(self, message: Message, custom_id: str, user: User) -> JSON:
        self._seen(message, user)
        component = message.component(custom_id)
        if component.get("disabled"):
            raise ImpossibleInputError(f"{custom_id} is disabled")
        return component

    async def _component(self, message: Message, data: JSON, user: User) -> Interaction:
        if message.interaction is None:
            owners = owners_of(self._state, message.channel, user, [0])
        else:
            owners = message.interaction["authorizing_integration_owners"]
        asked = Interaction(InteractionKind.COMPONENT, user, message.channel, data, owners, source=message)
        return await self._ask(asked)

    async def _ask(self, interaction: Interaction) -> Interaction:
        state = self._state
        channel = interaction.channel
        only_installed_by_user = channel.guild is not None and "0" not in interaction.owners
        if only_installed_by_user and Permission.USE_EXTERNAL_APPS not in channel.permissions_of(
            interaction.user
        ):
            interaction.forced_ephemeral = True
        state.begin(interaction)
        data = _payload(state, interaction)
        state.gateway.dispatch("INTERACTION_CREATE", data, guild_id=channel.guild_id)
        await state.pulse.until(
            lambda: interaction.answered or interaction.refused,
            what=f"the bot answers {interaction.kind.name} {_label(interaction)}",
        )
        if interaction.refused and not interaction.expired:
            raise AssertionError(f"the answer to {_label(interaction)} was refused: {interaction.refused}")
        return interaction


def _command_data(command: JSON, levels: list[JSON], options: list[JSON], resolved: JSON) -> JSON:
    if levels:
        levels[-1]["options"].extend(options)
    data: JSON = {
        "id": command["id"],
        "name": command["name"],
        "type": command["type"],
        "options": levels[:1] or options,
    }
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data | ({"resolved": resolved} if resolved else {})


def _payload(state: State, interaction: Interaction) -> JSON:
    channel, user, guild = interaction.channel, interaction.user, interaction.channel.guild
    permissions = channel.permissions_of(user)
    shown = channel.payload(reader=state.bot)
    data: JSON = {
        "id": str(interaction.id),
        "application_id": str(state.bot.id),
        "type": int(interaction.kind),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel": shown | ({"permissions": str(int(permissions))} if guild is not None else {}),
        "channel_id": str(channel.id),
        "app_permissions": str(int(channel.permissions_of(state.bot))),
        "locale": user.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": interaction.owners,
        "context": int(context_of(state, channel)),
        "attachment_size_limit": ATTACHMENT_BYTES,
    }
    if interaction.source is not None:
        data["message"] = interaction.source.payload(reader=state.bot, base_url=state.base_url)
    if guild is None:
        return data | {"user": user.payload()}
    return data | {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "member": guild.members[user.id].payload(permissions=permissions),
    }


def _label(interaction: Interaction) -> str:
    return str(interaction.data.get("name") or interaction.data.get("custom_id"))
