"""Limits of embeds (Discord's documentation, "Embed limits")."""

from collections.abc import Sequence

from tests.loopback.errors import JSON, Form

EMBEDS = 10
TOTAL_CHARACTERS = 6000  # over all embeds of a message
FIELDS = 25
TITLE = AUTHOR = FIELD_NAME = 256
DESCRIPTION = 4096
FIELD_VALUE = 1024
FOOTER = 2048
URL_SCHEMES = ("http://", "https://")
IMAGE_SCHEMES = (*URL_SCHEMES, "attachment://")


def check_embeds(form: Form, embeds: Sequence[JSON], path: tuple[str | int, ...]) -> None:
    """Notes every fault of a message's embeds."""
    form.count(path, list(embeds), 0, EMBEDS)
    total = 0
    for index, embed in enumerate(embeds):
        total += _characters(embed)
        _check_embed(form, embed, (*path, index))
    if total > TOTAL_CHARACTERS:
        message = f"Embed size exceeds maximum size of {TOTAL_CHARACTERS}"
        form.fault(path, "MAX_EMBED_SIZE_EXCEEDED", message)


def _characters(embed: JSON) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [embed.get("footer", {}).get("text"), embed.get("author", {}).get("name")]
    for field in embed.get("fields", ()):
        texts += [field.get("name"), field.get("value")]
    return sum(len(text) for text in texts if isinstance(text, str))


def _check_embed(form: Form, embed: JSON, path: tuple[str | int, ...]) -> None:
    form.length((*path, "title"), embed.get("title"), 0, TITLE)
    form.length((*path, "description"), embed.get("description"), 0, DESCRIPTION)
    if "footer" in embed:
        form.length((*path, "footer", "text"), embed["footer"].get("text"), 1, FOOTER)
    if "author" in embed:
        form.length((*path, "author", "name"), embed["author"].get("name"), 1, AUTHOR)
    fields = embed.get("fields", [])
    form.count((*path, "fields"), fields, 0, FIELDS)
    for index, field in enumerate(fields):
        form.length((*path, "fields", index, "name"), field.get("name"), 1, FIELD_NAME)
        form.length((*path, "fields", index, "value"), field.get("value"), 1, FIELD_VALUE)
    _check_url(form, (*path, "url"), embed.get("url"), URL_SCHEMES)
    for picture in ("image", "thumbnail"):
        _check_url(form, (*path, picture, "url"), embed.get(picture, {}).get("url"), IMAGE_SCHEMES)


def _check_url(form: Form, path: tuple[str | int, ...], url: object, schemes: tuple[str, ...]) -> None:
    if url is not None and not (isinstance(url, str) and url.startswith(schemes)):
        form.fault(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
