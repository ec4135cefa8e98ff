import re

import pytest

from index.bible import Bible
from index.books import from_usfm, to_usfm
from index.cleaning import clean


@pytest.mark.parametrize(
    ("code", "text", "cleaned"),
    [
        ("KJV", "So teach [us] to number our days", "So teach us to number our days"),
        ("KJV", "the potter’s house in Judæa", "the potter's house in Judaea"),
        ("WEB", "Don`t be afraid,    [little] flock", "Don't be afraid, little flock"),
        (
            "BBE",
            "Country towns were no more, *** were no more",
            "Country towns were no more, ... were no more",
        ),
        ("DAR", "{A Psalm of David.} then how does *he* say", "A Psalm of David. then how does he say"),
        ("DR", "and bowl for the wall. \\", "and bowl for the wall."),
        ("DR", ",11 like an- other tribe, 0 Lord", "like another tribe, O Lord"),
        ("GB", "{\\cf2 (13:5)} names & tribes", "names and tribes"),
        ("LEESER", "the burnt\x96offering of \x91Eden\x96\x96lo", "the burnt-offering of Eden—lo"),
        ("ROTH", "And Yahweh saidJudah, shall go,lo!", "And Yahweh said—Judah, shall go, lo!"),
        ("ROTH", "stumbling_ block . \\fs15", "stumblingblock."),
        ("OEB", "to count our daysso our minds", "to count our days so our minds"),
        ("NHEB", "how they have increased!Many are those", "how they have increased! Many are those"),
        ("UKJV", "the Spirit (o. pneuma) of God", "the Spirit of God"),
        ("WMTH", "»Rabbi,« he asked, `who–", '"Rabbi," he asked, \'who'),
        ("WYC", "if Y foond grace `in thin iyen", "if Y foond grace in thin iyen"),
        ("YLT", "a  sin-offering --  it [is]", "a sin-offering — it is"),
        ("LEESER", "ALEPH. Happy are those", "Happy are those"),
        ("MINE", "a line\x00 with\tcontrols\x1f", "a line with controls"),
        ("MINE", "[] +", ""),
        ("MINE", "... and the rest", "... and the rest"),
    ],
)
def test_what_each_text_needs(code: str, text: str, cleaned: str) -> None:
    assert clean(text, code) == cleaned


@pytest.mark.parametrize("code", ["KJV", "WEB", "BBE", "ROTH", "DR", "GB", "OEB", "WMTH"])
def test_cleaning_twice_changes_nothing(whole_bible: Bible, code: str) -> None:
    for verse, text in list(whole_bible.translations[code].verses.items())[::37]:
        assert clean(text, "KJV") == text, to_usfm(verse)


def test_no_mark_is_left_anywhere(whole_bible: Bible) -> None:
    marks = re.compile(r"[\[\]{}<>|\\`*_+=/&«»]|\s\s|[^\x20-\x7e—À-ÿ]|fehlt|crosswire|inserted by amos")
    for code, translation in whole_bible.translations.items():
        # "~" parts the verses; none has it.
        found = marks.search("~".join(translation.verses.values()))
        assert found is None, f"{code}: {found}"
        assert not any("~" in text for text in translation.verses.values())


def test_the_words_stay(whole_bible: Bible) -> None:
    psalm = whole_bible.texts(from_usfm("PSA 90:12"))
    assert psalm["KJV"] == "So teach us to number our days, that we may apply our hearts unto wisdom."
    assert psalm["WEB"] == "So teach us to number our days, That we may gain a heart of wisdom."
    assert (
        psalm["BBE"] == "So give us knowledge of the number of our days, that we may get a heart of wisdom."
    )
    assert psalm["OEB"] == "O teach us to count our days so our minds may learn wisdom."


def test_a_psalms_title_goes_with_its_own_psalm(whole_bible: Bible) -> None:
    web = whole_bible.translations["WEB"].verses
    assert web[from_usfm("PSA 2:12")].endswith("Blessed are all those who take refuge in him.")
    assert web[from_usfm("PSA 3:1")].startswith(
        "A Psalm by David, when he fled from Absalom, his son. Yahweh,"
    )
    assert web[from_usfm("JOB 42:17")] == "So Job died, being old and full of days."
