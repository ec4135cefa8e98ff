import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from encoder.batching import Batcher, BatchReport, Row
from encoder.errors import EncoderBusy, EncoderError, EncoderUnavailable
from encoder.protocol import Vectors


class SteppedModel:
    """A model that computes when the test lets it: each row's result is its first token."""

    def __init__(self) -> None:
        self.batches: list[list[Row]] = []
        self._may = threading.Semaphore(0)
        self._entered: asyncio.Queue[None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def __call__(self, rows: Sequence[Row]) -> Vectors:
        self.batches.append(list(rows))
        self._loop.call_soon_threadsafe(self._entered.put_nowait, None)
        assert self._may.acquire(timeout=10)
        if any(row[0] < 0 for row in rows):
            raise ValueError("negative token")
        return np.array([[row[0]] for row in rows], dtype=np.float32)

    async def entered(self) -> None:
        """Until a forward pass has begun."""
        async with asyncio.timeout(10):
            await self._entered.get()

    def step(self, batches: int = 1) -> None:
        self._may.release(batches)


@pytest.fixture
async def reports() -> list[BatchReport]:
    return []


@pytest.fixture
async def batcher(reports: list[BatchReport]) -> AsyncIterator[Batcher]:
    batcher = Batcher(max_tokens=10, max_wait_s=0.002, max_waiting_tokens=20, on_batch=reports.append)
    yield batcher
    await asyncio.to_thread(batcher.close)


@pytest.fixture
async def model(batcher: Batcher) -> AsyncIterator[SteppedModel]:
    model = SteppedModel()
    yield model
    model.step(1000)  # so that closing never waits for a test that failed


def ask(batcher: Batcher, model: SteppedModel, *rows: Row) -> asyncio.Task[list[float]]:
    async def answer() -> list[float]:
        return [float(result[0]) for result in (await batcher.embed(model, rows)).results]

    return asyncio.create_task(answer())


async def test_what_waits_together_goes_together(
    batcher: Batcher, model: SteppedModel, reports: list[BatchReport]
) -> None:
    first = ask(batcher, model, [1])
    await model.entered()
    others = [ask(batcher, model, [2, 2]), ask(batcher, model, [3], [4])]
    await asyncio.sleep(0)
    model.step(2)
    assert await first == [1]
    assert await asyncio.gather(*others) == [[2], [3, 4]]
    assert model.batches == [[[1]], [[2, 2], [3], [4]]]
    assert [(r.requests, r.texts, r.tokens) for r in reports] == [(1, 1, 1), (2, 3, 4)]


async def test_a_batch_stops_at_the_token_limit(batcher: Batcher, model: SteppedModel) -> None:
    first = ask(batcher, model, [1])
    await model.entered()
    others = [ask(batcher, model, [n] * 4) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    model.step(3)
    await asyncio.gather(first, *others)
    assert [[row[0] for row in batch] for batch in model.batches] == [[1], [2, 3], [4]]


async def test_a_row_longer_than_the_limit_goes_alone(batcher: Batcher, model: SteppedModel) -> None:
    model.step()
    assert await ask(batcher, model, [7] * 15) == [7]


async def test_a_large_request_delays_a_small_one_by_one_batch(batcher: Batcher, model: SteppedModel) -> None:
    large = ask(batcher, model, *([n] * 5 for n in range(1, 5)))
    await model.entered()
    small = ask(batcher, model, [9])
    await asyncio.sleep(0)
    model.step(2)
    assert await small == [9]
    model.step()
    assert await large == [1, 2, 3, 4]
    assert [[row[0] for row in batch] for batch in model.batches] == [[1, 2], [9, 3], [4]]


async def test_models_do_not_share_batches(batcher: Batcher, model: SteppedModel) -> None:
    other = SteppedModel()
    first = ask(batcher, model, [1])
    await model.entered()
    tasks = [ask(batcher, model, [2]), ask(batcher, other, [3]), ask(batcher, model, [4])]
    await asyncio.sleep(0)
    model.step(2)
    other.step()
    assert [await task for task in [first, *tasks]] == [[1], [2], [3], [4]]
    assert model.batches == [[[1]], [[2], [4]]]
    assert other.batches == [[[3]]]


async def test_a_full_queue_refuses_and_says_when_to_come_again(
    batcher: Batcher, model: SteppedModel
) -> None:
    running = ask(batcher, model, [1])
    await model.entered()
    waiting = ask(batcher, model, *([[2] * 10] * 2))
    await asyncio.sleep(0)
    assert batcher.tokens_waiting == 20
    with pytest.raises(EncoderBusy) as refusal:
        await batcher.embed(model, [[3]])
    assert refusal.value.retry_after_s > 0
    model.step(3)
    assert await running == [1]
    assert await waiting == [2, 2]
    assert batcher.tokens_waiting == 0


async def test_an_empty_queue_takes_even_what_is_larger_than_it(
    batcher: Batcher, model: SteppedModel
) -> None:
    model.step(3)
    assert await ask(batcher, model, *([[1] * 10] * 3)) == [1, 1, 1]


async def test_who_goes_away_costs_nothing(batcher: Batcher, model: SteppedModel) -> None:
    running = ask(batcher, model, [1])
    await model.entered()
    leaver, stayer = ask(batcher, model, [2] * 15), ask(batcher, model, [3])
    await asyncio.sleep(0)
    assert batcher.tokens_waiting == 16
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    assert batcher.tokens_waiting == 1
    late = ask(batcher, model, [4] * 19)  # there is room again
    model.step(3)
    assert [await running, await stayer, await late] == [[1], [3], [4]]
    assert [row[0] for batch in model.batches for row in batch] == [1, 3, 4]


async def test_who_goes_away_half_way_takes_back_the_rest(batcher: Batcher, model: SteppedModel) -> None:
    leaver = ask(batcher, model, [1] * 10, [2] * 10)
    await model.entered()
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    assert batcher.tokens_waiting == 0
    model.step(2)
    assert await ask(batcher, model, [3]) == [3]
    assert [row[0] for batch in model.batches for row in batch] == [1, 3]


async def test_a_failing_batch_fails_its_own_callers_only(batcher: Batcher, model: SteppedModel) -> None:
    model.step(3)
    with pytest.raises(EncoderError, match="negative token"):
        await ask(batcher, model, [-1])
    assert batcher.failures_in_a_row == 1
    assert await ask(batcher, model, [5]) == [5]
    assert batcher.failures_in_a_row == 0


async def test_a_failure_half_way_gives_up_the_rest(batcher: Batcher, model: SteppedModel) -> None:
    model.step(2)
    with pytest.raises(EncoderError):
        await ask(batcher, model, [-1] * 10, [2] * 10)
    assert await ask(batcher, model, [5]) == [5]
    assert batcher.tokens_waiting == 0


async def test_closing_finishes_what_waits_and_refuses_what_comes(
    batcher: Batcher, model: SteppedModel
) -> None:
    running = ask(batcher, model, [1])
    await model.entered()
    waiting = ask(batcher, model, [2])
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(batcher.close))
    model.step(2)
    assert [await running, await waiting] == [[1], [2]]
    await closing
    with pytest.raises(EncoderUnavailable):
        await batcher.embed(model, [[3]])


async def test_a_stuck_forward_pass_shows_its_age(batcher: Batcher, model: SteppedModel) -> None:
    assert batcher.forward_age_s == 0
    running = ask(batcher, model, [1])
    await model.entered()
    assert batcher.forward_age_s > 0
    model.step()
    await running
    assert batcher.forward_age_s == 0


async def test_every_answer_is_one_s_own_under_load_with_cancellations() -> None:
    """Whatever is batched, split, refused or cancelled, nobody gets another's vector."""
    batcher = Batcher(max_tokens=30, max_wait_s=0.0005, max_waiting_tokens=120)

    def model(rows: Sequence[Row]) -> Vectors:
        return np.array([[row[0], len(row)] for row in rows], dtype=np.float32)

    random = np.random.default_rng(0)

    async def caller(number: int) -> str:
        rows = [[number * 10 + i] * int(random.integers(1, 7)) for i in range(int(random.integers(1, 6)))]
        try:
            async with asyncio.timeout(None if random.random() < 0.7 else random.random() * 0.002):
                results = (await batcher.embed(model, rows)).results
        except EncoderBusy as refusal:
            await asyncio.sleep(min(refusal.retry_after_s, 0.001))
            return "busy"
        except TimeoutError:
            return "late"
        assert [tuple(result) for result in results] == [(row[0], len(row)) for row in rows]
        return "right"

    async def stream(start: int) -> list[str]:
        return [await caller(start + n) for n in range(100)]

    outcomes = [
        o for outcomes in await asyncio.gather(*(stream(100 * n) for n in range(20))) for o in outcomes
    ]
    assert outcomes.count("right") > 500
    assert set(outcomes) == {"right", "busy", "late"}
    assert batcher.tokens_waiting == 0
    assert batcher.requests_waiting == 0
    await asyncio.to_thread(batcher.close)
