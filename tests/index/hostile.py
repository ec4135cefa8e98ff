"""Queries that nobody should type: Unicode of every kind, control characters, markup, SQL, endless words."""

import random

_SCRIPTS = [
    range(0x20, 0x7F),
    range(0xA0, 0x250),
    range(0x300, 0x370),
    range(0x370, 0x400),
    range(0x590, 0x700),
    range(0x900, 0x980),
    range(0x2000, 0x2070),
    range(0x4E00, 0x4F00),
    range(0xD7F0, 0xD800),
    range(0xFE00, 0xFE10),
    range(0xFF00, 0xFF60),
    range(0x1F300, 0x1F650),
    range(0xE0000, 0xE0080),
    range(0x20),
]
_NASTY = [
    "'; DROP TABLE verses; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "[bold red]markup[/]",
    "{{7*7}}",
    "%s%n%x",
    "../../etc/passwd",
    "\u202ereversed",
    "\ud800",
    "a" * 5000,
    "the " * 10_000,
    "-" * 100,
    '"' * 101,
    "“",
    '"the "lord" is"',
    "-the -lord -god -and",
    "john 3:16 " * 500,
    "psalm 999:999",
    "genesis 1:1-revelation 22:21",
    "1 1 1 1",
    "III",
    "0",
    "\r\n\t",
    "é" * 300,
    "\u0301" * 300,
    "ﷺ",
    "🏳️‍🌈👨‍👩‍👧‍👦",
    "thousand " * 200,
    "hundred and " * 150,
    "eth est ' ' 's n't",
]


def hostile_queries(count: int) -> list[str]:
    """The same `count` queries every time, the nastiest first."""
    random_ = random.Random(6)
    words = "lord god -sin \"the king\" psalm 23 40 don't thou <b> @everyone ; -- OR '".split(" ")
    queries = list(_NASTY)
    while len(queries) < count:
        if random_.random() < 0.5:
            script = random_.choice(_SCRIPTS)
            queries.append("".join(chr(random_.choice(script)) for _ in range(random_.randrange(1, 80))))
        else:
            queries.append(" ".join(random_.choices(words, k=random_.randrange(1, 30))))
    return queries
