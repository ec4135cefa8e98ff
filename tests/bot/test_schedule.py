from datetime import UTC, date, datetime

import pytest

from bot.errors import BadQuery
from bot.random_verse import random_verse, verse_of_the_day, well_known
from bot.schedule import clock, due, first_day, parse_time, parse_zone
from bot.service import VerseService
from bot.store.daily import DailyPlan


def plan(at: str, zone: str, last_day: str) -> DailyPlan:
    return DailyPlan(1, "place", parse_time(at), zone, None, None, last_day)


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("7:30", 450),
        ("07:30", 450),
        ("19.30", 1170),
        ("7", 420),
        ("7:30 pm", 1170),
        ("12am", 0),
        ("12 PM", 720),
    ],
)
def test_times_as_people_write_them(text: str, minute: int) -> None:
    assert parse_time(text) == minute


@pytest.mark.parametrize("text", ["", "24:00", "7:60", "noon", "7:3", "-1", "13:30:15"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadQuery, match="7:30"):
        parse_time(text)


@pytest.mark.parametrize("text", ["", "Berlin", "../etc/passwd", "Europe/Atlantis"])
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(BadQuery, match="Europe/Berlin"):
        parse_zone(text)


def test_a_verse_is_due_once_its_time_has_come_there() -> None:
    berlin = plan("7:30", "Europe/Berlin", "2026-11-25")
    assert due(berlin, datetime(2026, 11, 26, 6, 29, tzinfo=UTC)) is None
    assert due(berlin, datetime(2026, 11, 26, 6, 30, tzinfo=UTC)) == date(2026, 11, 26)
    posted = plan("7:30", "Europe/Berlin", "2026-11-26")
    assert due(posted, datetime(2026, 11, 26, 23, 59, tzinfo=UTC)) is None


def test_after_downtime_one_verse_is_made_up_for() -> None:
    missed_many = plan("7:30", "UTC", "2026-11-20")
    assert due(missed_many, datetime(2026, 11, 26, 9, 0, tzinfo=UTC)) == date(2026, 11, 26)
    # Back before today's time: yesterday's now, and today's when its time comes.
    assert due(missed_many, datetime(2026, 11, 26, 5, 0, tzinfo=UTC)) == date(2026, 11, 25)
    caught_up = plan("7:30", "UTC", "2026-11-25")
    assert due(caught_up, datetime(2026, 11, 26, 5, 0, tzinfo=UTC)) is None
    assert due(caught_up, datetime(2026, 11, 26, 7, 30, tzinfo=UTC)) == date(2026, 11, 26)


def test_clock_changes_cost_no_day_and_give_none_twice() -> None:
    # 2:30 does not exist in Berlin on 2026-03-29 and comes twice on 2026-10-25.
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        last, posts = f"{day.replace(day=day.day - 1)}", []
        for minute in range(0, 23 * 60, 10):
            now = datetime(day.year, day.month, day.day - 1, 23, 0, tzinfo=UTC).timestamp() + minute * 60
            found = due(plan("2:30", "Europe/Berlin", last), datetime.fromtimestamp(now, UTC))
            if found is not None:
                posts.append(found)
                last = found.isoformat()
        assert posts == [day]


def test_the_first_verse_comes_at_the_next_such_time() -> None:
    now = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    for at, expected in (("11:00", None), ("12:00", None), ("13:00", None)):
        last = first_day(parse_zone("UTC"), parse_time(at), now)
        assert due(plan(at, "UTC", last), now) is expected
    assert first_day(parse_zone("UTC"), parse_time("13:00"), now) == "2026-11-25"
    assert clock(parse_time("7:05")) == "07:05"


def test_the_well_known_verses_exist_and_none_twice() -> None:
    assert len(well_known()) == len(set(well_known())) >= 200


async def test_no_verse_of_the_day_comes_twice_before_all_have_come(service: VerseService) -> None:
    async def verses(seed: int, theme: str | None, days: int) -> list[int]:
        found = [
            await verse_of_the_day(service, theme, "WEB", seed=seed, day=date.fromordinal(740_000 + day))
            for day in range(days)
        ]
        return [hit.verse_id for hit in found]

    here = await verses(1, None, 30)
    assert len(set(here)) == 30
    assert here == await verses(1, None, 30)
    assert here != await verses(2, None, 30)
    shepherds = await verses(1, "shepherd", 30)
    assert len(set(shepherds)) == 30


async def test_a_random_verse_of_a_theme_or_a_well_known_one(service: VerseService) -> None:
    assert (await random_verse(service, None, "KJV")).verse_id in well_known()
    assert (await random_verse(service, "shepherd", "KJV")).translation == "KJV"
    with pytest.raises(BadQuery, match="another theme"):
        await random_verse(service, "🙏", "KJV")
