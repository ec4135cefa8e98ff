"""How Discord refuses: an HTTP status, a JSON error code, a sentence, and for forms the place of each fault.

Codes and sentences are those of Discord's documentation ("JSON error codes").
"""

from enum import IntEnum
from http import HTTPStatus
from typing import Any, Self

JSON = dict[str, Any]


class Code(IntEnum):
    """Discord's own error numbers."""

    GENERAL = 0
    UNKNOWN_CHANNEL = 10003
    UNKNOWN_GUILD = 10004
    UNKNOWN_MESSAGE = 10008
    UNKNOWN_USER = 10013
    UNKNOWN_EMOJI = 10014
    UNKNOWN_WEBHOOK = 10015
    UNKNOWN_INTERACTION = 10062
    TOO_MANY_REACTIONS = 30010
    TOO_LARGE = 40005
    ALREADY_ACKNOWLEDGED = 40060
    MISSING_ACCESS = 50001
    NOT_THE_AUTHOR = 50005
    EMPTY_MESSAGE = 50006
    CANNOT_SEND_TO_USER = 50007
    MISSING_PERMISSIONS = 50013
    INVALID_WEBHOOK_TOKEN = 50027
    INVALID_FORM = 50035
    INVALID_JSON = 50109


_MEANING: dict[Code, tuple[int, str]] = {
    Code.UNKNOWN_CHANNEL: (404, "Unknown Channel"),
    Code.UNKNOWN_GUILD: (404, "Unknown Guild"),
    Code.UNKNOWN_MESSAGE: (404, "Unknown Message"),
    Code.UNKNOWN_USER: (404, "Unknown User"),
    Code.UNKNOWN_EMOJI: (400, "Unknown Emoji"),
    Code.UNKNOWN_WEBHOOK: (404, "Unknown Webhook"),
    Code.UNKNOWN_INTERACTION: (404, "Unknown interaction"),
    Code.TOO_MANY_REACTIONS: (400, "Maximum number of reactions reached (20)"),
    Code.TOO_LARGE: (413, "Request entity too large"),
    Code.ALREADY_ACKNOWLEDGED: (400, "Interaction has already been acknowledged."),
    Code.MISSING_ACCESS: (403, "Missing Access"),
    Code.NOT_THE_AUTHOR: (403, "Cannot edit a message authored by another user"),
    Code.EMPTY_MESSAGE: (400, "Cannot send an empty message"),
    Code.CANNOT_SEND_TO_USER: (403, "Cannot send messages to this user"),
    Code.MISSING_PERMISSIONS: (403, "Missing Permissions"),
    Code.INVALID_WEBHOOK_TOKEN: (401, "Invalid Webhook Token"),
    Code.INVALID_FORM: (400, "Invalid Form Body"),
    Code.INVALID_JSON: (400, "The request body contains invalid JSON."),
}


class DiscordError(Exception):
    """A refusal on its way to the client."""

    def __init__(self, status: int, code: int, message: str, form: JSON | None = None) -> None:
        super().__init__(f"{status} {message} ({code})")
        self.status = status
        self.code = code
        self.message = message
        self.form = form

    @classmethod
    def of(cls, code: Code, *, form: JSON | None = None) -> Self:
        """The refusal that Discord documents under this code."""
        status, message = _MEANING[code]
        return cls(status, code, message, form)

    @classmethod
    def http(cls, status: int) -> Self:
        """A refusal without a code of its own, such as `401: Unauthorized`."""
        return cls(status, Code.GENERAL, f"{status}: {HTTPStatus(status).phrase}")

    def to_json(self) -> JSON:
        """The body that goes with it."""
        body: JSON = {"message": self.message, "code": int(self.code)}
        return body if self.form is None else body | {"errors": self.form}


class Form:
    """Collects what is wrong with a body, so that one answer names every fault at its place."""

    def __init__(self) -> None:
        self._errors: JSON = {}

    def fault(self, path: tuple[str | int, ...], code: str, message: str) -> None:
        """Notes a fault at a place such as ``("embeds", 0, "title")``."""
        node = self._errors
        for key in path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def length(self, path: tuple[str | int, ...], text: Any, low: int, high: int) -> None:
        """Notes a fault when a text is missing (with ``low`` above 0), too short or too long."""
        if text is None and low == 0:
            return
        if not isinstance(text, str) or (not text and low):
            self.fault(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not low <= len(text) <= high:
            self.fault(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")

    def count(self, path: tuple[str | int, ...], items: list[Any], low: int, high: int) -> None:
        """Notes a fault when a list is too short or too long."""
        if not low <= len(items) <= high:
            self.fault(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")

    def check(self) -> None:
        """Refuses the body if anything was noted.

        Raises:
            DiscordError: 400, code 50035.
        """
        if self._errors:
            raise DiscordError.of(Code.INVALID_FORM, form=self._errors)
