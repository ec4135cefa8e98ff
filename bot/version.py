"""Which Verse this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def program_version() -> str:
    """The installed version, or "source" in a checkout that nobody installed."""
    try:
        return version("verse-finder")
    except PackageNotFoundError:
        return "source"
