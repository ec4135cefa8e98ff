"""A live comparison: equals stay equal, a worse one is found, what cannot be compared is left alone."""

from random import Random

import pytest

from bot.errors import ExperimentError
from bot.experiment import LiveExperiment, sentence
from bot.service import Person, VerseService
from bot.store.ratings import Shown
from index.interleave import Preference
from index.results import SearchResult

QUERIES = {
    "number our days": 19_090_012,
    "jesus wept": 43_011_035,
    "nothing shall separate us from the love of God": 45_008_039,
    "the LORD is my shepherd": 19_023_001,
    "blessed are the poor in spirit": 40_005_003,
    "in the beginning was the word": 43_001_001,
    "wages of sin is death": 45_006_023,
    "be still and know": 19_046_010,
}


async def praise(service: VerseService, rng: Random, people: int) -> None:
    """One after the other asks, and praises their verse if they see it."""
    for number in range(people):
        person = Person(service.store.identity.person(number), "discord")
        query = rng.choice(list(QUERIES))
        answer = await service.find(query, person)
        for rank, hit in enumerate(answer.result.hits, 1):
            if hit.verse_id == QUERIES[query] and rng.random() < 1 / rank:
                shown = Shown(answer.query_id, hit.verse_id)
                await service.rate(shown, person, 1, "console")


async def test_the_same_against_itself_is_a_draw(service: VerseService) -> None:
    """Chance decides at most one of twenty: four of them in a row would be one time in 160,000."""
    own = service.index.searcher.manifest["fitted"]["fusion"]["hybrid"]["meaning"]
    for attempt in range(4):
        await service.start_experiment({"meaning": own})
        await praise(service, Random(attempt), 60)
        latest = await service.store.experiments.latest()
        assert latest is not None
        if latest.ended_at is None:
            break
    else:
        pytest.fail("equals were told apart four times")
    found = await service.store.experiments.preference(latest.id)
    assert found.decided > 30
    assert found.verdict == "open"


async def test_what_is_deleted_or_taken_back_stops_counting(
    service: VerseService, ann: Person, ben: Person
) -> None:
    await service.start_experiment({"meaning": 1.0})
    answer = await service.find("number our days", ben)
    shown = Shown(answer.query_id, answer.result.hits[0].verse_id)
    await service.rate(shown, ben, 1, "console")
    latest = await service.store.experiments.latest()
    assert latest is not None
    assert (await service.store.experiments.preference(latest.id)).decided == 1
    await service.unrate(shown, ben)
    assert (await service.store.experiments.preference(latest.id)) == Preference(0, 0)
    await service.rate(shown, ben, -1, "console")
    assert (await service.store.experiments.preference(latest.id)).decided == 1
    await service.forget(ben)
    assert await service.store.experiments.questions(latest.id) == 0


async def test_it_ends_by_itself_when_it_is_decided(service: VerseService, ann: Person) -> None:
    await service.start_experiment({"meaning": 1.0})
    for _ in range(60):
        if service.experiment.challenger(service.index.searcher) is None:
            break
        answer = await service.find("number our days", ann)
        team_b = await service.store.database.rows(
            "SELECT verse_id FROM teams WHERE query_id = ? AND team = 'B'", (answer.query_id,)
        )
        await service.rate(Shown(answer.query_id, team_b[0]["verse_id"]), ann, -1, "console")
    latest = await service.store.experiments.latest()
    assert latest is not None
    assert latest.outcome is not None
    assert "The serving index is preferred." in latest.outcome
    with pytest.raises(ExperimentError, match="No experiment"):
        await service.experiment.stop()


async def test_an_answer_is_mixed_the_same_way_again(service: VerseService, ann: Person) -> None:
    await service.start_experiment({"meaning": 1.0})
    answer = await service.find("days", ann)
    service._recent.clear()
    again = await service.recall(answer.query_id)
    assert again is not None
    assert [h.verse_id for h in again.result.hits] == [h.verse_id for h in answer.result.hits]


async def test_a_side_that_cannot_answer_whole_is_not_compared(service: VerseService, ann: Person) -> None:
    own = (await service.find("number our days", ann)).result
    lame = SearchResult(own.query, own.hits[::-1], 0.1, False, 1.0, notice="Only words were searched.")
    experiment: LiveExperiment = service.experiment
    assert experiment.mix(1, own, lame) == (own, ())
    with pytest.raises(ExperimentError, match="serves"):
        await service.start_experiment({"build": service.index.searcher.build_id})


def test_the_sentence_says_who_is_preferred() -> None:
    assert sentence(Preference(0, 0)).endswith("Not decided (it is at 0.05).")
    assert sentence(Preference(30, 0)).endswith("The serving index is preferred.")
    assert sentence(Preference(0, 30)).endswith("The challenger is preferred.")
    assert sentence(Preference(1000, 1000)).endswith("Neither is preferred.")
