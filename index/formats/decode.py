"""Bytes to text: the byte order mark, then UTF-8, then charset-normalizer's best guess."""

import codecs

from charset_normalizer import from_bytes

from index.errors import RejectedText

__all__ = ["decode"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(content: bytes) -> tuple[str, str]:
    """(text, name of the encoding); raises `RejectedText` when it is no text."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _strictly(content, name), name
    if b"\0" not in content:
        try:
            return content.decode("utf-8"), "utf-8"
        except UnicodeDecodeError:
            pass
    best = from_bytes(content).best()
    if best is None:
        raise RejectedText("This is not a text file; save it as UTF-8 text and add it again.")
    return str(best), best.encoding


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise RejectedText(
            f"The file says it is {encoding} but is not; save it as UTF-8 and add it again."
        ) from error
