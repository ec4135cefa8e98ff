"""Queries that come at once against a real worker."""

import asyncio

import numpy as np
import pytest

from encoder.client import EncoderClient
from encoder.embedder import Embedder
from encoder.errors import BadRequest, EncoderUnavailable, ModelMismatch
from encoder.gathering import TOGETHER, Gathering
from tests.encoder.conftest import StartWorker
from tests.encoder.tiny import VERSES

QUERIES = [f"{verse} {number}" for number in range(10) for verse in VERSES]


async def test_queries_of_one_moment_share_requests_and_each_gets_its_own_vector(
    start_worker: StartWorker, embedder: Embedder
) -> None:
    running = await start_worker(worker_cache_texts=0)
    async with running.client() as client:
        gathering = Gathering(client)
        vectors = await asyncio.gather(*(gathering.embed(q, embedder.fingerprint) for q in QUERIES))
    assert np.stack(vectors) == pytest.approx(embedder.embed(QUERIES), abs=1e-5)
    assert running.metric("texts_total") == len(QUERIES)
    assert running.metric("requests_total", status="200") == -(-len(QUERIES) // TOGETHER)


async def test_a_query_alone_does_not_wait_for_company(start_worker: StartWorker, embedder: Embedder) -> None:
    running = await start_worker()
    async with running.client() as client:
        gathering = Gathering(client)
        for query in QUERIES[:3]:
            await gathering.embed(query, embedder.fingerprint)
    assert running.metric("requests_total", status="200") == 3


async def test_another_model_is_asked_for_apart(start_worker: StartWorker, embedder: Embedder) -> None:
    async with (await start_worker()).client() as client:
        gathering = Gathering(client)
        models = [embedder.fingerprint, "another", embedder.fingerprint]
        asked = (gathering.embed(q, m) for q, m in zip(QUERIES, models, strict=False))
        first, other, third = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(other, ModelMismatch)
    assert isinstance(first, np.ndarray)
    assert isinstance(third, np.ndarray)


async def test_trouble_reaches_everybody_who_waits_and_the_next_query_is_sent(
    start_worker: StartWorker, embedder: Embedder
) -> None:
    running = await start_worker(worker_max_characters=100)
    async with running.client() as client:
        gathering = Gathering(client)
        asked = (gathering.embed(q, embedder.fingerprint) for q in ("w" * 101, QUERIES[0]))
        assert {type(e) for e in await asyncio.gather(*asked, return_exceptions=True)} == {BadRequest}
        assert (await gathering.embed(QUERIES[0], embedder.fingerprint)).shape == (embedder.dim,)


async def test_nobody_waits_for_a_worker_that_is_gone_or_for_one_who_gave_up(
    start_worker: StartWorker, embedder: Embedder
) -> None:
    async with EncoderClient("http://127.0.0.1:9", timeout_s=1) as nowhere:
        with pytest.raises(EncoderUnavailable):
            await Gathering(nowhere).embed(QUERIES[0], embedder.fingerprint)
    async with (await start_worker()).client() as client:
        gathering = Gathering(client)
        gave_up, stayed = (asyncio.create_task(gathering.embed(q, embedder.fingerprint)) for q in QUERIES[:2])
        await asyncio.sleep(0)
        gave_up.cancel()
        assert (await stayed).shape == (embedder.dim,)
