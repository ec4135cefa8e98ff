"""When the verse of the day is due: local time of day, in any zone, through downtime and clock changes."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import BadQuery
from bot.store.daily import DailyPlan

_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?", re.IGNORECASE)


def parse_time(text: str) -> int:
    """The minute of the day that "7:30", "19.30", "7" or "7:30 pm" means; raises `BadQuery`."""
    if match := _TIME.fullmatch(text.strip()):
        hour, minute = int(match[1]), int(match[2] or 0)
        if match[3] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if match[3].lower() == "pm" else 0)
        if hour < 24 and minute < 60:
            return hour * 60 + minute
    raise BadQuery("That is not a time of day; write one such as 7:30 or 19:30.")


def parse_zone(text: str) -> ZoneInfo:
    """The time zone of that name; raises `BadQuery`."""
    try:
        return ZoneInfo(text.strip())
    except (KeyError, ValueError, OSError) as error:
        raise BadQuery(
            "That is not a time zone; choose one of those suggested, such as Europe/Berlin."
        ) from error


def due(plan: DailyPlan, now: datetime) -> date | None:
    """The day whose verse should be posted now, if any.

    That is today once its time has come. After downtime it is yesterday, if yesterday's was missed and
    today's time has not come yet; what was missed before that stays missed. Raises `BadQuery` for a zone
    that there is no more.
    """
    local = now.astimezone(parse_zone(plan.zone))
    today = local.date()
    if local.hour * 60 + local.minute < plan.at_minute:
        today -= timedelta(days=1)
    return today if date.fromisoformat(plan.last_day) < today else None


def local_day(zone: str, now: datetime) -> date:
    """The day that it is there."""
    return now.astimezone(parse_zone(zone)).date()


def first_day(plan_zone: ZoneInfo, at_minute: int, now: datetime) -> str:
    """`last_day` of a plan that begins now: today if its time has passed, so that tomorrow's is the first."""
    local = now.astimezone(plan_zone)
    begun = local.hour * 60 + local.minute >= at_minute
    return (local.date() - timedelta(days=0 if begun else 1)).isoformat()


def clock(at_minute: int) -> str:
    """ "07:30"."""
    return f"{at_minute // 60:02}:{at_minute % 60:02}"
