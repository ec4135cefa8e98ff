"""What the worker does, whoever carries the requests: models, batches, memory, limits, figures."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from encoder.batching import Batcher, BatchReport, Compute, Row
from encoder.errors import EncoderUnavailable
from encoder.memory import HeapTrimmer
from encoder.metrics import Metrics
from encoder.model_store import current_model_dir
from encoder.protocol import Embedding, EmbedRequest, Vectors, WorkerInfo
from encoder.residents import Resident, Residents
from encoder.settings import EncoderSettings

CHARACTERS_INLINE = 4000
"""Tokenising more than this would hold the event loop for about a millisecond, so it goes to a thread."""
CPU_BATCH_TOKENS, GPU_BATCH_TOKENS = 1024, 16_384
"""Beyond these a CPU core gets no faster (measured) and only its memory grows; a GPU wants more at once."""
STALLED_S = 30.0
"""A forward pass that takes longer will not end: even the largest batch on one core takes a second."""
FAILURES_BEFORE_UNHEALTHY = 3
"""A broken CUDA context fails every time; a single odd input does not come three times in a row."""


class EmbedService:
    """Answers requests for vectors. Make and use it inside one event loop."""

    def __init__(self, settings: EncoderSettings) -> None:
        torch.set_num_threads(settings.threads)
        # A query is tokenised in 10 us; waking other threads for it takes longer.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self._settings = settings
        self.metrics = Metrics()
        self._residents = Residents(
            self._find_model,
            device=settings.device,
            precision=settings.precision,
            cache_texts=settings.worker_cache_texts,
            keep_s=settings.worker_keep_old_s,
        )
        on_gpu = settings.device == "cuda" or (settings.device == "auto" and torch.cuda.is_available())
        self._trimmer = HeapTrimmer()
        self._batcher = Batcher(
            max_tokens=settings.worker_max_batch_tokens or (GPU_BATCH_TOKENS if on_gpu else CPU_BATCH_TOKENS),
            max_wait_s=settings.worker_max_wait_ms / 1000,
            max_waiting_tokens=settings.worker_max_queue_tokens,
            on_batch=self._after_batch,
        )
        self.metrics.watch("queue_tokens", "Tokens that wait.", lambda: self._batcher.tokens_waiting)
        self.metrics.watch("queue_requests", "Requests that wait.", lambda: self._batcher.requests_waiting)
        self.metrics.watch("models", "Models in memory.", lambda: len(self._residents.fingerprints))

    async def reload(self) -> WorkerInfo:
        """Switch to the model that is current now, also the first time; raises ModelDirectoryError."""
        try:
            await self._residents.reload()
        except Exception:
            self.metrics.reloads.labels("failed").inc()
            raise
        self.metrics.reloads.labels("done").inc()
        return self.info()

    def info(self) -> WorkerInfo:
        """What is held and accepted; raises EncoderUnavailable while nothing is loaded."""
        embedder = self._residents.current.embedder
        return WorkerInfo(
            fingerprint=embedder.fingerprint,
            dim=embedder.dim,
            device=str(embedder.device),
            precision=str(embedder.dtype).removeprefix("torch."),
            loaded=self._residents.fingerprints,
            max_texts=self._settings.worker_max_texts,
            max_characters=self._settings.worker_max_characters,
        )

    def health(self) -> WorkerInfo:
        """The same; raises EncoderUnavailable also when the model has stopped answering."""
        if self._batcher.forward_age_s > STALLED_S:
            raise EncoderUnavailable(f"A forward pass has taken {self._batcher.forward_age_s:.0f} s.")
        if self._batcher.failures_in_a_row >= FAILURES_BEFORE_UNHEALTHY:
            raise EncoderUnavailable("The model fails again and again.")
        return self.info()

    async def embed(self, request: EmbedRequest) -> tuple[Embedding, dict[str, float]]:
        """The vectors, and the seconds of each stage.

        Raises:
            BadRequest: more or longer texts than are accepted.
            ModelMismatch: another model is asked for than those loaded.
            EncoderBusy: too much is waiting.
            EncoderUnavailable: no model is loaded yet, or the worker is stopping.
            EncoderError: the model failed.
        """
        began = time.perf_counter()
        request.check(self._settings.worker_max_texts, self._settings.worker_max_characters)
        resident = self._residents.get(request.model)
        seconds = {"tokenize": 0.0, "queue": 0.0, "forward": 0.0}
        pooled = tokens = None
        if "pooled" in request.outputs:
            pooled = await self._pooled(resident, request, seconds)
        if "tokens" in request.outputs:
            rows = await self._tokenize(resident, request, request.texts, seconds)
            tokens = await self._compute(resident.embedder.token_rows, rows, seconds)
        seconds["total"] = time.perf_counter() - began
        self.metrics.texts.inc(len(request.texts))
        for stage, value in seconds.items():
            self.metrics.seconds[stage].observe(value)
        return Embedding(resident.fingerprint, pooled, tokens), seconds

    async def close(self) -> None:
        """Finish what waits and end the thread."""
        await self._residents.close()
        await asyncio.to_thread(self._batcher.close)

    def _after_batch(self, batch: BatchReport) -> None:
        self.metrics.on_batch(batch)
        self._trimmer.count(batch.tokens)

    def _find_model(self) -> Path:
        return self._settings.model_dir or current_model_dir(self._settings.models_dir)

    async def _pooled(self, resident: Resident, request: EmbedRequest, seconds: dict[str, float]) -> Vectors:
        """(N, D); queries are remembered, documents are not asked for twice."""
        remembers = request.kind == "query"
        known = [resident.cache.get(text) if remembers else None for text in request.texts]
        missing = [i for i, vector in enumerate(known) if vector is None]
        self.metrics.cached.inc(len(known) - len(missing))
        if missing:
            rows = await self._tokenize(resident, request, [request.texts[i] for i in missing], seconds)
            vectors = await self._compute(resident.embedder.embed_rows, rows, seconds)
            for i, vector in zip(missing, vectors, strict=True):
                known[i] = vector
                if remembers:
                    resident.cache.put(request.texts[i], vector)
        return np.stack([vector for vector in known if vector is not None])

    async def _compute(
        self, compute: Compute, rows: Sequence[Row], seconds: dict[str, float]
    ) -> Sequence[Vectors]:
        batched = await self._batcher.embed(compute, rows)
        seconds["queue"] += batched.queue_s
        seconds["forward"] += batched.forward_s
        return batched.results

    @staticmethod
    async def _tokenize(
        resident: Resident, request: EmbedRequest, texts: Sequence[str], seconds: dict[str, float]
    ) -> list[Row]:
        began = time.perf_counter()
        if sum(map(len, texts)) <= CHARACTERS_INLINE:
            rows = resident.embedder.tokenize(texts, request.kind)
        else:
            rows = await asyncio.to_thread(resident.embedder.tokenize, texts, request.kind)
        seconds["tokenize"] += time.perf_counter() - began
        return rows
