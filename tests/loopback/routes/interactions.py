"""How the bot answers an interaction: the first callback, then edits and follow-ups through its webhook."""

import time

from tests.loopback.errors import JSON, Code, DiscordError, Form
from tests.loopback.interaction import ALLOWED, Callback, Interaction
from tests.loopback.limits.commands import check_choices
from tests.loopback.limits.components import check_modal
from tests.loopback.limits.messages import check_message
from tests.loopback.message import NO_FLAGS, Message, MessageFlag
from tests.loopback.rest import Call, Routes
from tests.loopback.routes.messages import remove
from tests.loopback.state import State

routes = Routes()
TOKEN_LIVES_S = 15 * 60
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


@routes.on("POST", "/interactions/{interaction_id}/{interaction_token}/callback")
def callback(state: State, call: Call) -> JSON | None:
    """The first answer, within three seconds and only once."""
    interaction = state.interactions.get(call["interaction_token"])
    if interaction is None or str(interaction.id) != call["interaction_id"]:
        raise DiscordError.of(Code.UNKNOWN_INTERACTION)
    if interaction.acknowledged:
        raise DiscordError.of(Code.ALREADY_ACKNOWLEDGED)
    if interaction.expired or interaction.age_s > state.acknowledge_within_s:
        interaction.refused = f"expired: answered after {interaction.age_s:.2f} s"
        raise DiscordError.of(Code.UNKNOWN_INTERACTION)
    try:
        _take(state, interaction, call)
    except DiscordError as error:
        interaction.refused = str(error)
        raise
    interaction.callback_after_s = time.monotonic() - interaction.created_s
    return _receipt(state, interaction) if call.query.get("with_response") in ("1", "true") else None


def _take(state: State, interaction: Interaction, call: Call) -> None:
    kind = call.body["type"]
    data = call.body.get("data") or {}
    form = Form()
    if kind not in ALLOWED[interaction.kind]:
        allowed = sorted(int(one) for one in ALLOWED[interaction.kind])
        form.fault(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
    elif kind == Callback.MODAL:
        check_modal(form, data, ("data",))
        interaction.modal = data
    elif kind == Callback.CHOICES:
        check_choices(form, data.get("choices") or [], ("data", "choices"))
        interaction.choices = data.get("choices") or []
    form.check()
    if kind == Callback.MESSAGE:
        check_message(data, call.files, at="data")
        interaction.original = _answer(interaction, state, data, NO_FLAGS)
        interaction.original.apply(data, call.files, edit=False)
        state.show(interaction.original, event="MESSAGE_CREATE")
    elif kind == Callback.DEFERRED_MESSAGE:
        interaction.original = _answer(interaction, state, data, MessageFlag.LOADING)
        state.show(interaction.original, event="MESSAGE_CREATE")
    elif kind == Callback.UPDATE:
        source = _source(interaction)
        check_message(data, call.files, was=source, at="data")
        source.apply(data, call.files, edit=True)
        interaction.original = source
        state.show(source, event="MESSAGE_UPDATE")
    elif kind == Callback.DEFERRED_UPDATE:
        interaction.original = _source(interaction)
    interaction.callback = Callback(kind)


def _answer(interaction: Interaction, state: State, data: JSON, also: MessageFlag) -> Message:
    hidden = interaction.hidden_flag(data.get("flags"))
    return Message(
        interaction.channel,
        state.bot,
        flags=hidden | also,
        interaction=interaction.metadata(),
        visible_to=interaction.user if hidden else None,
    )


def _source(interaction: Interaction) -> Message:
    if interaction.source is None:
        form = Form()
        form.fault(("type",), "BASE_TYPE_CHOICES", "There is no message to update.")
        form.check()
    assert interaction.source is not None
    return interaction.source


def _receipt(state: State, interaction: Interaction) -> JSON:
    about: JSON = {"id": str(interaction.id), "type": int(interaction.kind)}
    assert interaction.callback is not None
    answer: JSON = {"interaction": about}
    if interaction.original is not None:
        message = interaction.original
        about |= {
            "response_message_id": str(message.id),
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral,
        }
        if interaction.callback in (Callback.MESSAGE, Callback.UPDATE):
            shown = message.payload(reader=state.bot, base_url=state.base_url)
            answer["resource"] = {"type": int(interaction.callback), "message": shown}
    return answer


@routes.on("GET", f"{_WEBHOOK}/messages/@original")
def read_original(state: State, call: Call) -> JSON:
    """The first answer."""
    message = _original(_interaction(state, call))
    return message.payload(reader=state.bot, base_url=state.base_url)


@routes.on("PATCH", f"{_WEBHOOK}/messages/@original")
def edit_original(state: State, call: Call) -> JSON:
    """Edits the first answer, or gives it after "thinking"."""
    return _edit(state, call, _original(_interaction(state, call)))


@routes.on("DELETE", f"{_WEBHOOK}/messages/@original")
def delete_original(state: State, call: Call) -> None:
    """Takes the first answer back."""
    remove(state, _original(_interaction(state, call)))


@routes.on("POST", _WEBHOOK)
def follow_up(state: State, call: Call) -> JSON:
    """One more message; after "thinking" the first of them is the answer itself."""
    interaction = _interaction(state, call)
    original = interaction.original
    if original is not None and original.loading and not original.deleted:
        return _edit(state, call, original)
    check_message(call.body, call.files)
    message = _answer(interaction, state, call.body, NO_FLAGS)
    message.apply(call.body, call.files, edit=False)
    interaction.followups.append(message)
    state.show(message, event="MESSAGE_CREATE")
    return message.payload(reader=state.bot, base_url=state.base_url)


@routes.on("GET", f"{_WEBHOOK}/messages/{{message_id}}")
def read_follow_up(state: State, call: Call) -> JSON:
    """Any message of this interaction."""
    message = _any(_interaction(state, call), call["message_id"])
    return message.payload(reader=state.bot, base_url=state.base_url)


@routes.on("PATCH", f"{_WEBHOOK}/messages/{{message_id}}")
def edit_follow_up(state: State, call: Call) -> JSON:
    """Edits any message of this interaction."""
    return _edit(state, call, _any(_interaction(state, call), call["message_id"]))


@routes.on("DELETE", f"{_WEBHOOK}/messages/{{message_id}}")
def delete_follow_up(state: State, call: Call) -> None:
    """Takes any message of this interaction back."""
    remove(state, _any(_interaction(state, call), call["message_id"]))


def _interaction(state: State, call: Call) -> Interaction:
    interaction = state.interactions.get(call["webhook_token"])
    if interaction is None or not interaction.acknowledged or call["webhook_id"] != str(state.bot.id):
        raise DiscordError.of(Code.UNKNOWN_WEBHOOK)
    if interaction.expired or interaction.age_s > TOKEN_LIVES_S:
        raise DiscordError.of(Code.INVALID_WEBHOOK_TOKEN)
    return interaction


def _original(interaction: Interaction) -> Message:
    if interaction.original is None or interaction.original.deleted:
        raise DiscordError.of(Code.UNKNOWN_MESSAGE)
    return interaction.original


def _any(interaction: Interaction, message_id: str) -> Message:
    for message in interaction.messages:
        if str(message.id) == message_id:
            return message
    raise DiscordError.of(Code.UNKNOWN_MESSAGE)


def _edit(state: State, call: Call, message: Message) -> JSON:
    check_message(call.body, call.files, was=message)
    first = message.loading
    if first:
        message.flags &= ~MessageFlag.LOADING
    message.apply(call.body, call.files, edit=not first)
    state.show(message, event="MESSAGE_UPDATE")
    return message.payload(reader=state.bot, base_url=state.base_url)
