"""The models in the worker's memory: the current one, and for a while the one before it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from encoder.cache import VectorCache
from encoder.checkpoint import fingerprint
from encoder.embedder import Embedder
from encoder.errors import EncoderUnavailable, ModelMismatch
from encoder.settings import Precision
from encoder.warmup import load_warm

log = logging.getLogger(__name__)


class Resident:
    """A model that answered its warm-up, and the query vectors it gave."""

    def __init__(self, embedder: Embedder, cache_texts: int) -> None:
        self.embedder = embedder
        self.cache = VectorCache(cache_texts)
        self.last_used = time.monotonic()

    @property
    def fingerprint(self) -> str:
        """Of the model."""
        return self.embedder.fingerprint


class Residents:
    """Loads models beside the current one and frees them when nobody asks for them any more.

    Args:
        find: the directory of the model that should be current.
        device: where models run.
        precision: what they compute in.
        cache_texts: query vectors remembered for each.
        keep_s: seconds without a request after which a replaced model is freed.
    """

    def __init__(
        self, find: Callable[[], Path], *, device: str, precision: Precision, cache_texts: int, keep_s: float
    ) -> None:
        self._find = find
        self._device = device
        self._precision = precision
        self._cache_texts = cache_texts
        self._keep_s = keep_s
        self._loaded: dict[str, Resident] = {}
        self._current: Resident | None = None
        self._loading = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def current(self) -> Resident:
        """The model for who asks for none in particular; raises EncoderUnavailable before there is one."""
        if self._current is None:
            raise EncoderUnavailable("The encoder is still loading its model.")
        return self._current

    @property
    def fingerprints(self) -> list[str]:
        """Of every model in memory."""
        return list(self._loaded)

    def get(self, wanted: str | None) -> Resident:
        """The model with that fingerprint, or the current one; raises ModelMismatch, EncoderUnavailable."""
        resident = self.current if wanted is None else self._loaded.get(wanted)
        if resident is None:
            raise ModelMismatch(f"The encoder holds model {self.current.fingerprint}, not {wanted}.")
        resident.last_used = time.monotonic()
        return resident

    async def reload(self) -> Resident:
        """Make the model current that should be; the old one answers until the new one is warm.

        Raises ModelDirectoryError and leaves everything as it was when the new model is not sound.
        """
        async with self._loading:
            model_dir = self._find()
            resident = self._loaded.get(await asyncio.to_thread(fingerprint, model_dir))
            if resident is None:
                embedder = await asyncio.to_thread(load_warm, model_dir, self._device, self._precision)
                resident = Resident(embedder, self._cache_texts)
            old, self._current = self._current, resident
            self._loaded[resident.fingerprint] = resident
            if old is not None and old is not resident:
                log.info("model %s replaces %s", resident.fingerprint, old.fingerprint)
                self._retire(old)
            return resident

    async def close(self) -> None:
        """Stop waiting for old models to fall idle."""
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)

    def _retire(self, old: Resident) -> None:
        # Older ones go at once: reloads in a row must not fill the memory.
        self._loaded = {r.fingerprint: r for r in (old, self._current) if r is not None}
        task = asyncio.create_task(self._free_when_idle(old))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _free_when_idle(self, old: Resident) -> None:
        # No event tells of idleness: each request moves the end of the wait.
        while (left := old.last_used + self._keep_s - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)
        if old is not self._current and self._loaded.get(old.fingerprint) is old:
            del self._loaded[old.fingerprint]
            log.info("model %s is freed", old.fingerprint)
