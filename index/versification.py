"""Verses that other Bibles number differently from the common versification (the KJV's)."""

from types import MappingProxyType

__all__ = ["MERGED_INTO"]

# Verse numbers that modern Bibles have and the common versification has not, and the verse that
# holds their words: 3 John 15 is the end of 14, Revelation 12:18 the beginning of 13:1.
MERGED_INTO = MappingProxyType({64_001_015: 64_001_014, 66_012_018: 66_013_001})
