import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.errors import FeedbackRefused, NoIndex
from bot.service import Person, VerseService
from bot.settings import BotSettings
from bot.store.export import export_lines
from bot.store.ratings import Shown
from index import snapshot
from index.build import Sources, build_index
from index.errors import BadOption, UnknownTranslation
from tests.index.small import small_bible


async def exported(service: VerseService, *, consented_only: bool = False) -> list[dict[str, Any]]:
    lines = export_lines(service.store.database, consented_only=consented_only)
    return [json.loads(line) async for line in lines]


@pytest.fixture
async def without_worker(settings: BotSettings) -> AsyncIterator[VerseService]:
    nobody_there = settings.model_copy(update={"encoder_url": "http://127.0.0.1:9"})
    async with VerseService.opened(nobody_there) as opened:
        yield opened


async def test_finds_by_words_and_meaning_through_the_worker(service: VerseService, ann: Person) -> None:
    answer = await service.find("number my days", ann)
    assert answer.result.hits[0].reference == "PSA 90:12"
    assert answer.result.fingerprint == service.index.searcher.fingerprint
    assert answer.result.notice is None
    assert any("meaning" in hit.matched_by for hit in answer.result.hits)


async def test_without_worker_words_are_searched_and_the_reply_says_so(
    without_worker: VerseService, ann: Person
) -> None:
    result = (await without_worker.find("number my days", ann)).result
    assert result.hits[0].reference == "PSA 90:12"
    assert result.notice is not None
    assert "Only words were searched" in result.notice
    # A reference needs no encoder, so there is nothing to say.
    assert (await without_worker.find("john 3:16", ann)).result.notice is None


@pytest.mark.parametrize("bad", ["", "   ", "😀🙏", "?!", "#", "john 99:99"])
async def test_what_cannot_be_searched_gets_a_sentence(service: VerseService, ann: Person, bad: str) -> None:
    result = (await service.find(bad, ann)).result
    assert not result.hits
    assert result.notice is not None
    assert result.notice.endswith(".")


async def test_broken_unicode_is_searched_and_kept(service: VerseService, ann: Person) -> None:
    answer = await service.find("number my days \ud800", ann)
    assert answer.result.hits[0].reference == "PSA 90:12"
    kept = await service.store.queries.get(answer.query_id)
    assert kept is not None
    assert kept.text == "number my days ?"


async def test_a_very_long_query_is_searched_as_far_as_it_goes(service: VerseService, ann: Person) -> None:
    result = (await service.find("so teach us to number our days " * 70, ann)).result
    assert result.hits[0].reference == "PSA 90:12"
    assert result.notice is not None


async def test_options_without_meaning_are_refused_with_what_has(service: VerseService, ann: Person) -> None:
    with pytest.raises(UnknownTranslation, match="WEB"):
        await service.find("number my days", ann, translation="KLINGON")
    with pytest.raises(BadOption, match="Romans"):
        await service.find("number my days", ann, book="Hobbits")
    answer = await service.find("number my days", ann, translation="kjv", book="psalms")
    assert answer.result.hits[0].translation == "KJV"


async def test_missing_and_damaged_index_are_refused_with_what_mends_them(
    settings: BotSettings, ann: Person
) -> None:
    index_dir = settings.data_dir / "index"
    manifest = snapshot.current(index_dir) / "manifest.json"
    manifest.write_text(manifest.read_text().replace("KJV", "KJB"))
    async with VerseService.opened(settings) as damaged:
        with pytest.raises(NoIndex, match="verse index build"):
            await damaged.find("number my days", ann)
    (index_dir / "CURRENT").unlink()
    async with VerseService.opened(settings) as missing:
        with pytest.raises(NoIndex, match="verse index build"):
            await missing.find("number my days", ann)


async def test_a_second_rating_replaces_the_first_and_others_stand(
    service: VerseService, ann: Person, ben: Person
) -> None:
    answer = await service.find("number my days", ann)
    shown = Shown(answer.query_id, answer.result.hits[0].verse_id)
    await service.rate(shown, ann, 1, "button")
    await service.rate(shown, ben, 1, "reaction")
    await service.rate(shown, ann, -1, "reaction")
    kept = await exported(service)
    assert {line["author"]: line["verdict"] for line in kept} == {ann.who: "rated_down", ben.who: "rated_up"}
    assert {line["query"] for line in kept} == {"number my days"}
    assert {line["reference"] for line in kept} == {"PSA 90:12"}
    assert kept[0]["build"] == service.index.searcher.build_id
    assert kept[0]["fingerprint"] == service.index.searcher.fingerprint


async def test_a_reaction_is_taken_back_only_while_it_stands(service: VerseService, ann: Person) -> None:
    answer = await service.find("number my days", ann)
    first, second = (Shown(answer.query_id, hit.verse_id) for hit in answer.result.hits[:2])
    names = [hit.reference for hit in answer.result.hits[:2]]
    await service.rate(first, ann, 1, "reaction")
    await service.rate(second, ann, 1, "button")
    await service.unreact(answer.query_id, ann, -1)  # the other thumb
    assert len(await exported(service)) == 2
    await service.unreact(
        answer.query_id, ann, 1
    )  # given for the first, taken back when the second was on show
    assert [line["reference"] for line in await exported(service)] == names[1:]
    await service.rate(first, ann, 1, "reaction")
    await service.rate(first, ann, -1, "button")
    await service.unreact(answer.query_id, ann, 1)
    kept = {line["reference"]: line["verdict"] for line in await exported(service)}
    assert kept == {names[0]: "rated_down", names[1]: "rated_up"}
    await service.unrate(first, ann)
    await service.unrate(second, ann)
    assert await exported(service) == []


async def test_only_verses_that_were_answered_can_be_rated(service: VerseService, ann: Person) -> None:
    answer = await service.find("number my days", ann)
    with pytest.raises(FeedbackRefused):
        await service.rate(Shown(answer.query_id, 1_001_001), ann, 1, "button")
    with pytest.raises(FeedbackRefused):
        await service.rate(Shown(12345, answer.result.hits[0].verse_id), ann, 1, "button")


async def test_training_needs_the_consent_of_both(service: VerseService, ann: Person, ben: Person) -> None:
    async def ask_and_rate(asking: Person, rating: Person) -> None:
        answer = await service.find("number my days", asking)
        shown = Shown(answer.query_id, answer.result.hits[0].verse_id)
        await service.rate(shown, rating, 1, "button")

    await ask_and_rate(ann, ann)
    await service.store.people.set_consent(ann.who, True)  # for what was asked before, too
    assert [line["may_train"] for line in await exported(service)] == [True]
    await ask_and_rate(ann, ben)
    await ask_and_rate(ben, ann)
    assert [line["may_train"] for line in await exported(service)] == [False, False, True]
    assert len(await exported(service, consented_only=True)) == 1
    await service.store.people.set_consent(ann.who, False)
    assert await exported(service, consented_only=True) == []


async def test_a_keeper_consents_unless_they_say_no(service: VerseService) -> None:
    keeper = Person(service.store.identity.person(3), "discord", is_admin=True)

    async def may_train() -> bool:
        answer = await service.find("number my days", keeper)
        shown = Shown(answer.query_id, answer.result.hits[0].verse_id)
        await service.rate(shown, keeper, 1, "button")
        return bool((await exported(service))[-1]["may_train"])

    assert await may_train()
    await service.store.people.set_consent(keeper.who, False)
    assert not await may_train()


async def test_who_opted_out_leaves_no_trace(service: VerseService, ann: Person, ben: Person) -> None:
    before = await service.find("number my days", ann)
    shown = Shown(before.query_id, before.result.hits[0].verse_id)
    await service.rate(shown, ben, 1, "button")
    await service.store.people.set_opted_out(ann.who, True)
    after = await service.find("jesus wept", ann)
    assert not after.kept
    with pytest.raises(FeedbackRefused, match="opted out"):
        await service.rate(shown, ann, 1, "button")
    assert await exported(service) == []
    assert await service.store.database.rows("SELECT * FROM queries") == []
    assert await service.store.database.rows("SELECT * FROM results") == []


async def test_an_answer_is_recalled_from_memory_and_after_a_restart(
    settings: BotSettings, service: VerseService, ann: Person
) -> None:
    answer = await service.find("number my days", ann, translation="KJV", book="PSA")
    assert await service.recall(answer.query_id) is answer
    assert await service.store.queries.get(answer.query_id) is not None  # it is written
    async with VerseService.opened(settings) as restarted:
        assert await restarted.encoder.ready(10)
        again = await restarted.recall(answer.query_id)
        assert again is not None
        assert again.result.hits == answer.result.hits
        assert await restarted.recall(answer.query_id + 1) is None


async def test_a_new_index_is_swapped_in_under_questions(
    service: VerseService, ann: Person, settings: BotSettings
) -> None:
    old = service.index.searcher.build_id

    async def ask() -> str:
        return (await service.find("number my days", ann)).result.hits[0].reference

    asking = [asyncio.create_task(ask()) for _ in range(20)]
    await asyncio.to_thread(build_index, settings.data_dir / "index", Sources(small_bible(), {}))
    said = await service.refresh()
    asking += [asyncio.create_task(ask()) for _ in range(20)]
    assert set(await asyncio.gather(*asking)) == {"PSA 90:12"}
    new = service.index.searcher.build_id
    assert new != old
    assert new in said
