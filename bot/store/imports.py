"""Takes in curators' decisions that were made elsewhere: all of a file, or, if any line is wrong, nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.errors import FeedbackRefused
from bot.store.decisions import Decision, Decisions
from bot.store.people import People
from bot.store.records import decision_of, parse_record


@dataclass(slots=True)
class Reading:
    """What stands in a file of records.

    Attributes:
        decisions: {(question, curator): the latest decision}.
        of_users: lines that are people's ratings, which stay where they were given.
        rejected: (line number from 1, what is wrong with it).

    """

    decisions: dict[tuple[str, str], Decision] = field(default_factory=dict)
    of_users: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Merged:
    """What an import changed: decisions that are new, replaced by later ones, known already, and those on
    questions of people who opted out here, which were not taken in."""

    new: int
    replaced: int
    known: int
    opted_out: int


def read_records(lines: Iterable[bytes]) -> Reading:
    """Reads every line, whatever is wrong with some."""
    reading = Reading()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = parse_record(line.decode("utf-8"))
            if record.by != "curator":
                reading.of_users += 1
                continue
            decision = decision_of(record)
        except UnicodeDecodeError:
            reading.rejected.append((number, "this is not UTF-8"))
        except FeedbackRefused as error:
            reading.rejected.append((number, str(error)))
        else:
            key = (decision.query, decision.curator)
            before = reading.decisions.get(key)
            if before is None or before.decided_at < decision.decided_at:
                reading.decisions[key] = decision
    return reading


async def merge(decisions: Decisions, people: People, reading: Reading) -> Merged:
    """Keeps what was read in one transaction; of two decisions by one curator the later one stands.

    What people decided here about their data goes before what a file says: an old export brings nothing back.

    Raises:
        FeedbackRefused: a line was rejected; nothing is kept then.

    """
    if reading.rejected:
        count = len(reading.rejected)
        raise FeedbackRefused(
            f"Nothing was imported, for {count:,} {'line is' if count == 1 else 'lines are'} not usable;"
            " mend or remove them, then import the file again."
        )
    here = {(decision.query, decision.curator): decision for decision in await decisions.all()}
    later: dict[tuple[str, str], Decision] = {}
    opted_out = known = 0
    for key, decision in reading.decisions.items():
        choice = await people.choice(decision.who)
        if choice.opted_out:
            opted_out += 1
        elif key in here and here[key].decided_at >= decision.decided_at:
            known += 1
        else:
            later[key] = replace(decision, consent=decision.consent and choice.consent is not False)
    await decisions.put(later.values())
    new = sum(key not in here for key in later)
    return Merged(new, len(later) - new, known, opted_out)
