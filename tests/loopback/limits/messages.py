"""Limits of a whole message: text, embeds, components, files, and that there is anything at all."""

from collections.abc import Sequence

from tests.loopback.errors import JSON, Code, DiscordError, Form
from tests.loopback.limits.components import check_layout, check_rows
from tests.loopback.limits.embeds import check_embeds
from tests.loopback.message import Attachment, Message, MessageFlag, walk

CONTENT = 2000
V2_TEXT = 4000
FILES = 10
FILE_BYTES = 10 * 1024 * 1024  # a server without boosts


def check_message(
    body: JSON, files: Sequence[Attachment], *, was: Message | None = None, at: str | None = None
) -> None:
    """Refuses what Discord refuses.

    Args:
        body: the message part of the request.
        files: what was uploaded with it.
        was: the message that is edited; None for a new one.
        at: the key under which the body stood, for the place of a fault (`data` in callbacks).

    Raises:
        DiscordError: 400 (50035 or 50006) or 413 (40005).
    """
    path: tuple[str, ...] = () if at is None else (at,)
    form = Form()
    embeds = body.get("embeds") or []
    components = body.get("components") or []
    layout = bool((body.get("flags") or 0) & MessageFlag.COMPONENTS_V2)
    layout = layout or (was is not None and MessageFlag.COMPONENTS_V2 in was.flags)
    form.length((*path, "content"), body.get("content"), 0, CONTENT)
    check_embeds(form, embeds, (*path, "embeds"))
    if layout:
        _check_layout_message(form, body, path)
    else:
        check_rows(form, components, (*path, "components"))
    form.count((*path, "attachments"), list(files), 0, FILES)
    _check_files_named(form, body, files, path)
    form.check()
    if any(len(file.content) > FILE_BYTES for file in files):
        raise DiscordError.of(Code.TOO_LARGE)
    if _would_be_empty(body, files, was):
        raise DiscordError.of(Code.EMPTY_MESSAGE)


def _check_layout_message(form: Form, body: JSON, path: tuple[str, ...]) -> None:
    for key in ("content", "embeds"):
        if body.get(key):
            message = (
                "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            )
            form.fault((*path, key), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    if "components" in body:
        check_layout(form, body["components"] or [], (*path, "components"))
        texts = [item["content"] for item in walk(body["components"] or []) if "content" in item]
        form.length((*path, "components"), "".join(texts), 0, V2_TEXT)


def _check_files_named(form: Form, body: JSON, files: Sequence[Attachment], path: tuple[str, ...]) -> None:
    names = {file.filename for file in files}
    for index, embed in enumerate(body.get("embeds") or []):
        for picture in ("image", "thumbnail"):
            scheme, _, name = str(embed.get(picture, {}).get("url", "")).partition("://")
            if scheme == "attachment" and name not in names:
                place = (*path, "embeds", index, picture, "url")
                form.fault(place, "ATTACHMENT_NOT_FOUND", f"There is no file called {name!r}.")


def _would_be_empty(body: JSON, files: Sequence[Attachment], was: Message | None) -> bool:
    def after(key: str) -> object:
        return body[key] if key in body else was is not None and getattr(was, key)

    return not files and not any(after(key) for key in ("content", "embeds", "components", "attachments"))
