"""Numbers in words and in figures meet: "three hundred and eighteen" and "318" get the same term.

Old counting is understood too: "threescore and ten" is 70, "ninety and nine" is 99.
"""

from collections.abc import Iterator, Sequence

_TO_NINETEEN = """
one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
_BY_TEN = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = dict(zip(_TO_NINETEEN.split(), range(1, 20), strict=True))
_TENS = dict(zip(_BY_TEN.split(), range(20, 100, 10), strict=True)) | {"fourty": 40, "score": 20}
_SCORES = {"threescore": 60, "fourscore": 80}
_MULTIPLIERS = {"hundred": 100, "thousand": 1000, "million": 1_000_000}

# "score" alone is also a verb, so it counts only inside a number ("three score").
NUMBER_WORDS = {
    word: str(value) for word, value in (_UNITS | _TENS | _SCORES | _MULTIPLIERS).items() if word != "score"
} | {word + "s": str(value) for word, value in _MULTIPLIERS.items()}


def compound_numbers(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Numbers of two or more words in a sequence of lower-case words.

    Yields:
        (start, end, figures): `words[start:end]` reads as that number.

    >>> list(compound_numbers("six hundred threescore and six".split()))
    [(0, 5, '666')]
    """
    start = 0
    while start < len(words):
        if words[start] not in NUMBER_WORDS:
            start += 1
            continue
        end, value = _read(words, start)
        if end - start > 1:
            yield start, end, str(value)
        start = max(end, start + 1)


def _read(words: Sequence[str], start: int) -> tuple[int, int]:
    """Reads one number from `start`; returns where it ends and its value.

    `limit` is the size that the next part must stay below, so that "two three" is two numbers.
    """
    total, group, limit = 0, 0, 10**9
    position, end = start, start
    while position < len(words):
        word = words[position]
        if word == "and" and position > start:
            position += 1
            continue
        multiplier = _MULTIPLIERS.get(word, 0)
        if word == "score" and 0 < group % 100 < 10:
            group, limit = group - group % 100 + (group % 100) * 20, 20
        elif multiplier == 100 and group < 100:
            group, limit = (group or 1) * 100, 100
        elif multiplier > 100 and total < 10**9 and (total == 0 or total % multiplier == 0):
            total, group, limit = total + (group or 1) * multiplier, 0, multiplier
        else:
            value = _SCORES.get(word) or _TENS.get(word, 0) or _UNITS.get(word, 0)
            if word == "score" or not 0 < value < limit:
                break
            group += value
            limit = 20 if word in _SCORES else 10 if value >= 20 else 1
        position += 1
        end = position
    return end, total + group
