"""What people decided about their data, and carrying it out."""

from dataclasses import dataclass

from bot.store.database import Database, Statement
from bot.store.ids import id_at, now_ms

_DAY_MS = 86_400_000
_MOST_REMEMBERED = 10_000  # people, about 3 MB


@dataclass(frozen=True, slots=True)
class Choice:
    """One person's decisions; `consent` is None when nothing was decided."""

    consent: bool | None = None
    opted_out: bool = False


class People:
    """Table `people`, and whatever other tables hold about a person."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._choices: dict[str, Choice] = {}  # of those who were asked about, so that a reply reads nothing

    async def choice(self, who: str) -> Choice:
        """What a person decided."""
        if who not in self._choices:
            if len(self._choices) >= _MOST_REMEMBERED:
                self._choices.clear()
            self._choices[who] = await self._read_choice(who)
        return self._choices[who]

    async def _read_choice(self, who: str) -> Choice:
        row = await self._database.row("SELECT consent, opted_out FROM people WHERE who = ?", (who,))
        if row is None:
            return Choice()
        consent = None if row["consent"] is None else bool(row["consent"])
        return Choice(consent, bool(row["opted_out"]))

    async def set_consent(self, who: str, consent: bool) -> None:
        """Allows or forbids training, for what is kept already and for what follows."""
        await self._database.write(
            [
                (
                    "INSERT INTO people (who, consent, changed_at) VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET consent = excluded.consent, changed_at = excluded.changed_at",
                    [(who, consent, now_ms())],
                ),
                *(
                    (f"UPDATE {table} SET consent = ? WHERE who = ?", [(consent, who)])
                    for table in ("queries", "ratings", "corrections", "openings", "decisions")
                ),
            ]
        )
        self._choices.pop(who, None)

    async def set_opted_out(self, who: str, opted_out: bool) -> None:
        """Stops or resumes logging; stopping deletes what is kept."""
        await self._database.write(
            [
                (
                    "INSERT INTO people (who, opted_out, changed_at) VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET opted_out = excluded.opted_out,"
                    " changed_at = excluded.changed_at",
                    [(who, opted_out, now_ms())],
                ),
                *(_log_deletion(who) if opted_out else ()),
            ]
        )
        self._choices.pop(who, None)

    async def delete(self, who: str) -> None:
        """Deletes everything about a person, except that they opted out if they did."""
        await self._database.write(
            [
                *_log_deletion(who),
                ("DELETE FROM person_settings WHERE who = ?", [(who,)]),
                ("DELETE FROM people WHERE who = ? AND NOT opted_out", [(who,)]),
                ("UPDATE jobs SET who = '' WHERE who = ?", [(who,)]),
                ("UPDATE audit SET who = '' WHERE who = ?", [(who,)]),
            ]
        )
        self._choices.pop(who, None)

    async def purge(self, days: int) -> None:
        """Deletes what is older than that many days and was logged without consent."""
        before = now_ms() - days * _DAY_MS
        await self._database.write(
            [
                ("DELETE FROM queries WHERE id < ? AND NOT consent", [(id_at(before),)]),
                ("DELETE FROM ratings WHERE rated_at < ? AND NOT consent", [(before,)]),
                ("DELETE FROM corrections WHERE corrected_at < ? AND NOT consent", [(before,)]),
                ("DELETE FROM openings WHERE opened_at < ? AND NOT consent", [(before,)]),
                ("DELETE FROM decisions WHERE decided_at < ? AND NOT consent", [(before,)]),
            ]
        )


def _log_deletion(who: str) -> list[Statement]:
    # Results, messages and other people's ratings of those answers go with the queries.
    tables = ("ratings", "corrections", "openings", "decisions", "queries")
    return [(f"DELETE FROM {table} WHERE who = ?", [(who,)]) for table in tables]
