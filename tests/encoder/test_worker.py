"""The worker's HTTP, over a real port."""

import asyncio
import json
import random
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from encoder.embedder import Embedder
from encoder.errors import EncoderBusy, EncoderError, ModelDirectoryError, ModelMismatch
from encoder.protocol import BINARY, TIMEOUT_HEADER, Embedding
from tests.encoder.conftest import StartWorker
from tests.encoder.tiny import VERSES
from tests.encoder.waiting import eventually

LONG = " ".join(VERSES)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def error_of(response: aiohttp.ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["error"]["type"]


async def test_json_and_binary_say_the_same(
    start_worker: StartWorker, http: aiohttp.ClientSession, embedder: Embedder
) -> None:
    worker = await start_worker()
    ask = {
        "texts": VERSES,
        "kind": "document",
        "outputs": ["pooled", "tokens"],
        "model": embedder.fingerprint,
    }
    async with http.post(f"{worker.url}/embed", json=ask) as response:
        assert response.status == 200
        timing = response.headers["Server-Timing"]
        assert re.fullmatch(
            r"tokenize;dur=[\d.]+, queue;dur=[\d.]+, forward;dur=[\d.]+, total;dur=[\d.]+", timing
        )
        as_json = await response.json()
    async with http.post(f"{worker.url}/embed", json=ask, headers={"Accept": BINARY}) as response:
        assert response.content_type == BINARY
        assert response.headers["Verse-Shape"] == f"{len(VERSES)},{embedder.dim}"
        binary = Embedding.from_binary(response.headers, await response.read())
    assert as_json["fingerprint"] == binary.fingerprint == embedder.fingerprint
    assert binary.pooled is not None
    assert binary.tokens is not None
    np.testing.assert_allclose(as_json["vectors"], binary.pooled, atol=1e-6)
    np.testing.assert_allclose(binary.pooled, embedder.embed(VERSES), atol=1e-5)
    expected = embedder.token_rows(embedder.tokenize(VERSES))
    for got, from_json, want in zip(binary.tokens, as_json["token_vectors"], expected, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)
        np.testing.assert_allclose(from_json, want, atol=1e-5)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not understood"),
        (b"[]", "not understood"),
        (b'{"texts": "number my days"}', "texts"),
        (b'{"texts": []}', "texts"),
        (b'{"texts": [1]}', "texts.0"),
        (b'{"texts": ["a"], "kind": "poem"}', "kind"),
        (b'{"texts": ["a"], "outputs": []}', "outputs"),
        (b'{"texts": ["a"], "outputs": ["logits"]}', "outputs.0"),
        (b'{"texts": ["a"], "colour": "red"}', "colour"),
        (b'{"texts": ["\xff"]}', "not understood"),
        (json.dumps({"texts": ["a"] * 5}).encode(), "more than 4"),
        (json.dumps({"texts": ["a" * 101]}).encode(), "longer than 100"),
    ],
)
async def test_bad_requests_are_told_what_is_wrong(
    start_worker: StartWorker, http: aiohttp.ClientSession, body: bytes, complaint: str
) -> None:
    worker = await start_worker(worker_max_texts=4, worker_max_characters=100)
    async with http.post(f"{worker.url}/embed", data=body) as response:
        assert await error_of(response) == (400, "BadRequest")
        assert complaint in (await response.json())["error"]["message"]
    async with http.post(f"{worker.url}/embed", data=b"x" * 10_000) as response:
        assert await error_of(response) == (413, "BadRequest")
    async with http.post(f"{worker.url}/embed", json={"texts": ["still well"]}) as response:
        assert response.status == 200


async def test_a_bad_deadline_is_a_bad_request(
    start_worker: StartWorker, http: aiohttp.ClientSession
) -> None:
    worker = await start_worker()
    ask = http.post(f"{worker.url}/embed", json={"texts": ["a"]}, headers={TIMEOUT_HEADER: "soon"})
    async with ask as response:
        assert await error_of(response) == (400, "BadRequest")


async def test_another_model_is_a_conflict(start_worker: StartWorker, http: aiohttp.ClientSession) -> None:
    worker = await start_worker()
    async with http.post(f"{worker.url}/embed", json={"texts": ["a"], "model": "0" * 16}) as response:
        assert await error_of(response) == (409, "ModelMismatch")


async def test_before_the_model_is_loaded_it_is_not_ready(
    start_worker: StartWorker, http: aiohttp.ClientSession
) -> None:
    worker = await start_worker(loaded=False)
    for ask in (
        http.get(f"{worker.url}/healthz"),
        http.post(f"{worker.url}/embed", json={"texts": ["a"]}),
        http.get(f"{worker.url}/info"),
    ):
        async with ask as response:
            assert await error_of(response) == (503, "EncoderUnavailable")
    await worker.worker.service.reload()
    async with http.get(f"{worker.url}/healthz") as response:
        assert response.status == 200


async def test_the_secret_is_asked_for_everywhere_but_the_health_check(
    start_worker: StartWorker, http: aiohttp.ClientSession
) -> None:
    worker = await start_worker(encoder_secret="open sesame")
    for path in ("/info", "/metrics", "/nowhere"):
        for headers in ({}, {"Authorization": "Bearer open"}, {"Authorization": "Bearer öpen"}):
            async with http.get(worker.url + path, headers=headers) as response:
                assert response.status == 401
    async with http.post(f"{worker.url}/reload") as response:
        assert response.status == 401
    async with http.get(f"{worker.url}/healthz") as response:
        assert response.status == 200
    async with worker.client() as client:
        assert (await client.embed(["a"])).shape[0] == 1


async def test_a_deadline_that_passes_is_a_gateway_timeout(
    start_worker: StartWorker, http: aiohttp.ClientSession
) -> None:
    worker = await start_worker(worker_cache_texts=0)
    ask: dict[str, Any] = {"texts": [LONG] * 256}
    async with http.post(f"{worker.url}/embed", json=ask, headers={TIMEOUT_HEADER: "5"}) as response:
        assert await error_of(response) == (504, "EncoderUnavailable")
    async with http.post(
        f"{worker.url}/embed", json={"texts": ["a"]}, headers={TIMEOUT_HEADER: "5000"}
    ) as ok:
        assert ok.status == 200


async def test_a_full_queue_answers_503_with_retry_after(
    start_worker: StartWorker, http: aiohttp.ClientSession
) -> None:
    worker = await start_worker(
        worker_max_queue_tokens=500, worker_max_batch_tokens=300, worker_cache_texts=0
    )

    async def ask() -> int:
        async with http.post(f"{worker.url}/embed", json={"texts": [LONG] * 10}) as response:
            if response.status == 503:
                assert int(response.headers["Retry-After"]) >= 1
                assert (await error_of(response))[1] == "EncoderBusy"
            return response.status

    statuses = await asyncio.gather(*(ask() for _ in range(30)))
    assert set(statuses) == {200, 503}
    assert worker.metric("requests_total", status="503") == statuses.count(503)
    assert await ask() == 200
    assert worker.metric("queue_tokens") == 0


async def test_a_caller_who_hangs_up_is_forgotten(start_worker: StartWorker) -> None:
    worker = await start_worker(
        worker_max_batch_tokens=100, worker_max_queue_tokens=10**6, worker_cache_texts=0
    )
    async with worker.client() as client:
        tasks = [asyncio.create_task(client.embed([LONG] * 200)) for _ in range(4)]
        await eventually(lambda: worker.metric("queue_requests") == 4)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await eventually(lambda: worker.metric("cancelled_requests_total") == 4)
        assert worker.metric("queue_tokens") == 0
        assert len(await client.embed(["a"])) == 1


async def test_repeated_queries_are_remembered_but_documents_are_not(
    start_worker: StartWorker, embedder: Embedder
) -> None:
    worker = await start_worker(worker_cache_texts=2)
    async with worker.client() as client:
        for texts, cached in ((["a", "b"], 0), (["b", "c"], 1), (["a"], 1), (["b", "c", "b"], 3)):
            vectors = await client.embed(texts)
            np.testing.assert_allclose(vectors, embedder.embed(texts), atol=1e-5)
            assert worker.metric("cached_texts_total") == pytest.approx(cached) or texts == ["b", "c", "b"]
        before = worker.metric("cached_texts_total")
        await client.embed(["d"], kind="document")
        await client.embed(["d"], kind="document")
        assert worker.metric("cached_texts_total") == before


async def test_metrics_are_what_prometheus_reads(
    start_worker: StartWorker, http: aiohttp.ClientSession
) -> None:
    worker = await start_worker()
    async with worker.client() as client:
        await client.embed(VERSES)
        with pytest.raises(ModelMismatch):
            await client.embed(["a"], model="0" * 16)
    async with http.get(f"{worker.url}/metrics") as response:
        families = {family.name: family for family in text_string_to_metric_families(await response.text())}
    requests = {
        s.labels["status"]: s.value
        for s in families["verse_encoder_requests"].samples
        if "status" in s.labels
    }
    assert requests["200"] == 1
    assert requests["409"] == 1
    stages = {s.labels["stage"] for s in families["verse_encoder_seconds"].samples if s.labels}
    assert stages == {"tokenize", "queue", "forward", "total"}
    assert families["process_resident_memory_bytes"].samples[0].value > 1e7


async def test_the_event_loop_stays_free_during_a_forward_pass(start_worker: StartWorker) -> None:
    """A health check overtakes a batch that takes many times longer."""
    worker = await start_worker(worker_cache_texts=0)
    async with worker.client() as client:
        large = asyncio.create_task(client.embed([LONG] * 256, kind="document"))
        await eventually(
            lambda: worker.metric("batch_requests_count") >= 1 or worker.metric("queue_requests") >= 1
        )
        await client.health()
        assert not large.done()
        assert len(await large) == 256


class TestReload:
    @pytest.fixture
    def models_dir(self, tmp_path: Path, model_dir: Path, other_model_dir: Path) -> Path:
        models = tmp_path / "models"
        shutil.copytree(model_dir, models / "first")
        shutil.copytree(other_model_dir, models / "second")
        (models / "CURRENT").write_text("first\n")
        return models

    async def test_under_load_no_request_fails_and_no_vector_is_of_the_other_model(
        self,
        start_worker: StartWorker,
        models_dir: Path,
        model_dir: Path,
        other_model_dir: Path,
    ) -> None:
        embedders = {
            e.fingerprint: e
            for e in (Embedder.load(path, precision="float32") for path in (model_dir, other_model_dir))
        }
        first, second = embedders
        expected = {f: dict(zip(VERSES, e.embed(VERSES), strict=True)) for f, e in embedders.items()}
        worker = await start_worker(model_dir=None)
        answers = dict.fromkeys(embedders, 0)
        done = asyncio.Event()
        random_ = random.Random(0)

        async with worker.client() as client:
            current = first

            async def caller() -> None:
                while not done.is_set():
                    asked = current  # what the bot's index was built with
                    texts = random_.sample(VERSES, 3)
                    vectors = await client.embed(texts, model=asked)
                    np.testing.assert_allclose(vectors, [expected[asked][t] for t in texts], atol=1e-5)
                    answers[asked] += 1

            async def load() -> None:
                async with asyncio.TaskGroup() as group:
                    for _ in range(8):
                        group.create_task(caller())

            loading = asyncio.create_task(load())
            for name, fingerprint in (("second", second), ("first", first), ("second", second)):
                so_far = answers[current]
                await eventually(lambda: answers[current] > so_far + 20 or loading.done())  # noqa: B023
                (models_dir / "CURRENT").write_text(name)
                info = await client.reload()
                assert info.fingerprint == fingerprint
                assert set(info.loaded) == {first, second}  # the index may still be of the old one
                current = fingerprint
            await eventually(lambda: answers[second] > 100 or loading.done())
            done.set()
            await loading
        assert worker.metric("requests_total", status="200") == sum(answers.values())

    async def test_an_idle_old_model_is_freed(self, start_worker: StartWorker, models_dir: Path) -> None:
        worker = await start_worker(model_dir=None, worker_keep_old_s=0.05)
        async with worker.client() as client:
            old = (await client.health()).fingerprint
            (models_dir / "CURRENT").write_text("second")
            new = (await client.reload()).fingerprint
            await eventually(lambda: worker.metric("models") == 1)
            with pytest.raises(ModelMismatch, match=new):
                await client.embed(["a"], model=old)

    async def test_a_damaged_model_changes_nothing(self, start_worker: StartWorker, models_dir: Path) -> None:
        worker = await start_worker(model_dir=None)
        async with worker.client() as client:
            before = await client.health()
            (models_dir / "second" / "model.safetensors").write_bytes(b"rubbish")
            (models_dir / "CURRENT").write_text("second")
            with pytest.raises(ModelDirectoryError, match="second"):
                await client.reload()
            (models_dir / "CURRENT").write_text("third")
            with pytest.raises(ModelDirectoryError, match="verse model promote"):
                await client.reload()
            assert await client.health() == before
            assert len(await client.embed(["a"], model=before.fingerprint)) == 1

    async def test_the_same_model_again_is_not_loaded_twice(
        self, start_worker: StartWorker, models_dir: Path
    ) -> None:
        worker = await start_worker(model_dir=None)
        resident = worker.worker.service._residents.current
        async with worker.client() as client:
            await client.reload()
        assert worker.worker.service._residents.current is resident


async def test_a_model_whose_vectors_are_not_numbers_is_refused(
    start_worker: StartWorker, tmp_path: Path, model_dir: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    broken = Path(shutil.copytree(model_dir, tmp_path / "broken"))
    weights = load_file(broken / "model.safetensors")
    weights["embedding.weight.scale"][:] = np.nan
    save_file(weights, broken / "model.safetensors")
    worker = await start_worker(loaded=False, model_dir=broken)
    with pytest.raises(ModelDirectoryError, match="weights are damaged"):
        await worker.worker.service.reload()


def test_errors_share_a_base() -> None:
    assert issubclass(EncoderBusy, EncoderError)
