"""From the log to lines that a training program reads, and back."""

import itertools
import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FeedbackRefused
from bot.regression import write_regression
from bot.store import ids
from bot.store.abuse import FEWEST_BY_ACCOUNT
from bot.store.decisions import Decision, agreements
from bot.store.export import export_lines
from bot.store.imports import merge, read_records
from bot.store.praised import praised
from bot.store.queries import Asked
from bot.store.ratings import Shown
from bot.store.records import parse_record
from bot.store.store import Store
from bot.store.wording import MASK, masked, normalised
from index.books import from_usfm
from index.results import Hit, SearchResult

VERSES = ("PSA 90:12", "PSA 90:9", "JOB 14:5", "PSA 39:4", "PSA 23:1")
FIRST, SECOND, THIRD, *_ = (from_usfm(reference) for reference in VERSES)
NUMBERS = itertools.count()
WEPT = from_usfm("JHN 11:35")


def result() -> SearchResult:
    hits = tuple(
        Hit(from_usfm(reference), reference, 1 / rank, "WEB", "A text.", ("words",))
        for rank, reference in enumerate(VERSES, start=1)
    )
    return SearchResult("any", hits, 0.9, True, 4.0, {}, build_id="b1", fingerprint="f1")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "verse.sqlite3") as opened:
        yield opened


async def ask(
    store: Store,
    text: str = "number my days",
    who: str = "ann",
    *,
    place: str | None = None,
    consent: bool = True,
    on_show: int | None = None,
) -> int:
    query_id = ids.id_at(ids.now_ms()) + next(NUMBERS)  # ascending within a millisecond too
    asked = Asked(query_id, who, place, "discord", text, "WEB", None, None, consent)
    await store.queries.log(asked, result(), on_show=on_show)
    return query_id


async def rate(
    store: Store, query_id: int, verse: int, value: Any, who: str = "ann", *, consent: bool = True
) -> None:
    await store.ratings.put(Shown(query_id, verse), who=who, value=value, via="button", consent=consent)


def decided(
    query: str, curator: str = "eve", verse: int | None = FIRST, *, verdict: Any = "accepted", at: int = 1_000
) -> Decision:
    return Decision(query, curator, verdict, verse, ((FIRST, 1),), "ann", True, "b1", "f1", at)


async def exported(store: Store, *, consented_only: bool = False) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in export_lines(store.database, consented_only=consented_only)]


def in_file(lines: Iterable[str | dict[str, Any]]) -> list[bytes]:
    return [(line if isinstance(line, str) else json.dumps(line)).encode() + b"\n" for line in lines]


def test_spellings_of_a_question_are_one() -> None:
    spellings = ("Number  my days?", "“number my days”", " number MY days.\n", "number my days")
    assert {normalised(spelling) for spelling in spellings} == {"number my days"}
    assert normalised("God’s love") == "god's love"


@given(st.text())
def test_normalising_and_masking_again_changes_nothing(text: str) -> None:
    once = normalised(masked(text))
    assert normalised(masked(once)) == once


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("what says <@!123456> about love", f"what says {MASK} about love"),
        ("mail ann.b+c@example.org please", f"mail {MASK} please"),
        ("call +49 (30) 1234-5678", f"call {MASK}"),
        ("see https://example.org/a?b=c now", f"see {MASK} now"),
        ("my friend @anna89 said", f"my friend {MASK} said"),
        ("psalm 119:105-112 lamp", "psalm 119:105-112 lamp"),
        ("the 144000 of revelation 7:4", "the 144000 of revelation 7:4"),
    ],
)
def test_personal_data_is_masked_and_references_are_not(text: str, left: str) -> None:
    assert masked(text) == left


def test_words_are_masked_whole_and_in_any_case() -> None:
    assert masked("Peter said peters Peter's boat", "peter") == f"{MASK} said peters {MASK}'s boat"


async def test_every_judgement_is_exported_once_whatever_the_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.export._PAGE", 3)
    for number in range(10):
        query_id = await ask(store, f"question {number:02}", consent=False)
        if number % 2:
            await rate(store, query_id, FIRST, -1)
            await store.corrections.put(query_id, WEPT, who="ann", consent=False)
    lines = await exported(store)
    assert [line["query"] for line in lines] == [
        f"question {number:02}" for number in (9, 9, 7, 7, 5, 5, 3, 3, 1, 1)
    ]
    assert len({(line["query"], line["verdict"]) for line in lines}) == 10
    assert {(line["verdict"], line["reference"]) for line in lines} == {
        ("rated_down", "PSA 90:12"),
        ("corrected", "JHN 11:35"),
    }
    assert await exported(store, consented_only=True) == []


async def test_a_line_says_who_saw_what_and_whether_it_may_be_used(store: Store) -> None:
    query_id = await ask(store, "Number my days, <@77>!", on_show=1)
    await rate(store, query_id, THIRD, -1, "ben", consent=False)
    (line,) = await exported(store)
    assert line | {"at": ""} == {
        "schema": "verse.feedback/1",
        "query": f"number my days, {MASK}",
        "verdict": "rated_down",
        "reference": "JOB 14:5",
        # One was on show; whoever came down to the third saw those above it too.
        "shown": [{"reference": reference, "rank": rank} for rank, reference in enumerate(VERSES[:3], 1)],
        "weight": 1.0,
        "by": "user",
        "curator": None,
        "may_train": False,
        "at": "",
        "translation": "WEB",
        "build": "b1",
        "fingerprint": "f1",
        "author": "ben",
        "asker": "ann",
    }


async def test_what_one_person_says_twice_counts_once_and_the_last_time(store: Store) -> None:
    await rate(store, await ask(store, "Number my days"), FIRST, -1)
    await rate(store, await ask(store, "number my days?"), FIRST, 1)
    await rate(store, await ask(store, "number my days"), FIRST, 1, "ben")
    lines = await exported(store)
    assert sorted((line["author"], line["verdict"]) for line in lines) == [
        ("ann", "rated_up"),
        ("ben", "rated_up"),
    ]


async def test_no_account_moves_a_verse_by_more_than_three(store: Store) -> None:
    for number in range(12):
        await rate(store, await ask(store, f"question {number}"), FIRST, 1, "mallory")
    await rate(store, await ask(store, "another"), FIRST, 1, "ben")
    weights = {line["author"]: 0.0 for line in await exported(store)}
    for line in await exported(store):
        weights[line["author"]] += line["weight"]
    assert weights == {"mallory": pytest.approx(3.0), "ben": 1.0}


async def test_an_account_that_curators_contradict_fades_and_one_that_they_confirm_does_not(
    store: Store,
) -> None:
    for number in range(8):
        query_id = await ask(store, f"question {number}")
        await rate(store, query_id, FIRST, -1, "mallory")
        await rate(store, query_id, SECOND, -1, "ben")
    await store.decisions.put([decided(f"question {number}") for number in range(8)])
    weight = {line["author"]: line["weight"] for line in await exported(store) if line["author"]}
    assert weight["mallory"] == pytest.approx(0.2 * 3 / 8, abs=1e-3)
    assert weight["ben"] == pytest.approx(3 / 8, abs=1e-3)


async def test_decisions_travel_and_a_second_journey_changes_nothing(store: Store, tmp_path: Path) -> None:
    decisions = [
        decided("number my days"),
        decided("number my days", "pat", WEPT, verdict="corrected"),
        decided("god helps those", "pat", None, verdict="not_in_the_bible"),
        decided("nothing like it", "pat", FIRST, verdict="rejected"),
    ]
    await store.decisions.put(decisions)
    lines = await exported(store)
    assert {(line["query"], line["weight"]) for line in lines} == {
        ("number my days", 0.5),  # on which the two disagree
        ("god helps those", 1.0),
        ("nothing like it", 1.0),
    }
    async with await Store.open(tmp_path / "elsewhere" / "verse.sqlite3") as other:
        merged = await merge(other.decisions, other.people, read_records(in_file(lines)))
        assert (merged.new, merged.replaced, merged.known) == (4, 0, 0)
        assert await other.decisions.all() == await store.decisions.all()
        again = await merge(other.decisions, other.people, read_records(in_file(lines)))
        assert (again.new, again.replaced, again.known) == (0, 0, 4)
        later = [line | {"at": "2030-01-01T00:00:00Z", "verdict": "rejected"} for line in lines[:1]]
        assert (await merge(other.decisions, other.people, read_records(in_file(later)))).replaced == 1
        # The older file does not bring the older decision back.
        assert (await merge(other.decisions, other.people, read_records(in_file(lines)))).replaced == 0


async def test_an_old_export_brings_nothing_back_that_people_have_withdrawn(store: Store) -> None:
    await store.decisions.put([decided("number my days")])
    (line,) = await exported(store)
    reading = read_records(
        in_file([line | {"asker": "ann"}, line | {"asker": "ben", "query": "god is love"}])
    )
    await store.people.set_opted_out("ann", True)
    await store.people.set_consent("ben", False)
    merged = await merge(store.decisions, store.people, reading)
    assert (merged.new, merged.opted_out) == (1, 1)
    assert [(d.query, d.consent) for d in await store.decisions.all()] == [("god is love", False)]


async def test_one_wrong_line_and_nothing_is_imported(store: Store, tmp_path: Path) -> None:
    await store.decisions.put([decided("number my days"), decided("god is love")])
    good, other = await exported(store)
    wrong: list[str | dict[str, Any]] = [
        "{",
        good | {"schema": "verse.feedback/2"},
        good | {"reference": "PSA 190:12"},
        good | {"verdict": "not_in_the_bible"},
        good | {"curator": None},
        good | {"may_train": "perhaps"},
        {key: value for key, value in good.items() if key != "query"},
        good | {"more": 1},
    ]
    reading = read_records(in_file([good, *wrong, other]))
    assert [number for number, _ in reading.rejected] == list(range(2, 10))
    assert all(what for _, what in reading.rejected)
    assert reading.rejected[1][1].startswith("schema: ")
    async with await Store.open(tmp_path / "elsewhere" / "verse.sqlite3") as elsewhere:
        with pytest.raises(FeedbackRefused, match="Nothing was imported, for 8 lines"):
            await merge(elsewhere.decisions, elsewhere.people, reading)
        assert await elsewhere.decisions.all() == []


async def test_other_peoples_ratings_are_no_decisions(store: Store) -> None:
    await rate(store, await ask(store), FIRST, 1)
    reading = read_records(in_file(await exported(store)))
    assert (reading.of_users, reading.rejected, reading.decisions) == (1, [], {})


def test_a_record_reads_what_it_wrote() -> None:
    line = (
        '{"schema":"verse.feedback/1","query":"q","verdict":"opened","reference":"PSA 90:12","shown":[],'
        '"weight":0.25,"by":"user","curator":null,"may_train":false,"at":"2026-11-26T20:30:00.123000Z",'
        '"translation":"WEB","build":"b","fingerprint":null,"author":"a","asker":null}'
    )
    assert parse_record(line).line() == line


def test_agreement_between_curators_takes_chance_into_account() -> None:
    same = [decided(f"q{n}", curator, FIRST if n % 2 else SECOND) for n in range(4) for curator in "ab"]
    one = [decided("q9", "a", FIRST), decided("q9", "b", None, verdict="rejected")]
    (found,) = agreements([*same, *one, decided("alone", "c")])
    assert (found.curators, found.both, found.agreed) == (("a", "b"), 5, 4)
    chance = (2 * 3 + 2 * 2) / 25
    assert found.kappa == pytest.approx((0.8 - chance) / (1 - chance))
    # Accepting a verse and naming the same verse is one opinion.
    (found,) = agreements([decided("q", "a"), decided("q", "b", verdict="corrected")])
    assert (found.agreed, found.kappa) == (1, None)


async def test_the_regression_set_is_what_curators_agree_on_and_shrinks_with_deletions(
    store: Store, tmp_path: Path
) -> None:
    await store.decisions.put(
        [
            decided("number my days"),
            decided("jesus cried", verse=WEPT, verdict="corrected"),
            decided("jesus cried", "pat", WEPT),
            decided("disputed"),
            decided("disputed", "pat", WEPT, verdict="corrected"),
            decided("god helps those", verse=None, verdict="not_in_the_bible"),
        ]
    )
    path = tmp_path / "feedback" / "regression.jsonl"
    assert write_regression(await store.decisions.all(), path) == 2
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [
        {"query": "jesus cried", "gold": ["JHN 11:35"], "kind": "regression"},
        {"query": "number my days", "gold": ["PSA 90:12"], "kind": "regression"},
    ]
    await store.people.set_consent("ann", False)
    assert write_regression(await store.decisions.all(), path) == 0


async def test_an_account_that_moves_a_verse_is_named_and_undone(store: Store) -> None:
    for number in range(FEWEST_BY_ACCOUNT):
        query_id = await ask(store, f"question {number}", place="chapel")
        await rate(store, query_id, SECOND, -1, "mallory")
        await store.corrections.opened(Shown(query_id, THIRD), who="mallory", consent=False)
        await rate(store, query_id, FIRST, 1, f"somebody {number}")
    (alarm,) = await store.abuse.alarms()
    assert (alarm.verse_id, alarm.culprit, alarm.judgements, alarm.up, alarm.whole) == (
        SECOND,
        "mallory",
        FEWEST_BY_ACCOUNT,
        0,
        FEWEST_BY_ACCOUNT,
    )
    before = (await store.stats.totals()).down
    assert await store.abuse.undo("mallory") == {"ratings": 5, "corrections": 0, "openings": 5}
    assert await store.abuse.alarms() == []
    assert (await store.stats.totals()).down == before - FEWEST_BY_ACCOUNT
    assert not any((await store.abuse.done_by("mallory")).values())
    assert (await store.stats.totals()).up == FEWEST_BY_ACCOUNT


async def test_a_server_that_moves_a_verse_is_named_unless_all_feedback_is_its(store: Store) -> None:
    for number in range(12):
        query_id = await ask(store, f"question {number}", place="raiders")
        await rate(store, query_id, SECOND, 1, f"raider {number}")
    assert await store.abuse.alarms() == [], "where there is one server, it moves every verse"
    for number in range(20):
        await rate(store, await ask(store, f"other {number}", place="chapel"), FIRST, 1, f"guest {number}")
    raid, *others = [alarm for alarm in await store.abuse.alarms() if alarm.is_server]
    assert (raid.culprit, raid.verse_id, raid.judgements, others) == ("raiders", SECOND, 12, [])


async def test_daily_counts_are_those_of_the_log(store: Store) -> None:
    first = await ask(store, who="ann", place="chapel")
    second = await ask(store, who="ben")
    for who in ("ann", "ben", "cat"):
        await rate(store, first, FIRST, 1, who)
        await rate(store, second, FIRST, -1, who)
    await rate(store, first, FIRST, -1, "cat")
    await store.ratings.remove(Shown(second, FIRST), who="cat")
    await store.people.delete("ben")  # with the question, and with everybody's ratings of it
    totals = await store.stats.totals()
    assert (totals.queries, totals.people, totals.up, totals.down) == (1, 1, 1, 1)
    (today,) = await store.stats.days(1, "chapel")
    assert (today.queries, today.up, today.down) == (1, 1, 1)
    assert sum(day.queries for day in await store.stats.days(2, "elsewhere")) == 0


async def test_weights_are_fitted_to_what_people_praised_or_named_and_allowed(store: Store) -> None:
    first = await ask(store, "first praised", who="ann")
    await rate(store, first, FIRST, 1, "ann")
    third = await ask(store, "third praised", who="ben")
    await rate(store, third, THIRD, 1, "ben")
    named = await ask(store, "named", who="cat")
    await store.corrections.put(named, WEPT, who="cat", consent=True)
    for text, value, consent in (("blamed", -1, True), ("praised in private", 1, False)):
        query_id = await ask(store, text, who=text)
        await rate(store, query_id, FIRST, value, text, consent=consent)
    await store.decisions.put([decided("decided by a curator")])

    found = await praised(store.database, 10)
    trust = found[0].weight / 5
    assert [(p.text, p.verse) for p in found] == [
        ("named", WEPT),
        ("third praised", THIRD),
        ("first praised", FIRST),
    ]
    assert [p.weight for p in found] == pytest.approx([5 * trust, 3 * trust, trust])
    assert await praised(store.database, 2) == found[:2]
