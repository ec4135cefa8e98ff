"""What the worker counts and times, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from encoder.batching import BatchReport

SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
TOKENS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
STAGES = ("tokenize", "queue", "forward", "total")


class Metrics:
    """The worker's instruments in a registry of their own."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, CPU time, open files
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "verse_encoder_requests", "Answers to POST /embed.", ["status"], registry=self.registry
        )
        self.texts = Counter("verse_encoder_texts", "Texts embedded or remembered.", registry=self.registry)
        self.cached = Counter(
            "verse_encoder_cached_texts", "Texts answered from memory.", registry=self.registry
        )
        self.cancelled = Counter(
            "verse_encoder_cancelled_requests", "Requests whose caller went away.", registry=self.registry
        )
        self.reloads = Counter(
            "verse_encoder_reloads", "Models asked to be loaded.", ["outcome"], registry=self.registry
        )
        self._batch_requests = self._histogram("batch_requests", "Requests in a forward pass.", SIZES)
        self._batch_texts = self._histogram("batch_texts", "Texts in a forward pass.", SIZES)
        self._batch_tokens = self._histogram("batch_tokens", "Tokens in a forward pass.", TOKENS)
        seconds = Histogram(
            "verse_encoder_seconds", "Latency by stage.", ["stage"], buckets=SECONDS, registry=self.registry
        )
        self.seconds = {stage: seconds.labels(stage) for stage in STAGES}

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A gauge that is read when Prometheus asks."""
        Gauge(f"verse_encoder_{name}", text, registry=self.registry).set_function(read)

    def on_batch(self, batch: BatchReport) -> None:
        """Record a forward pass."""
        self._batch_requests.observe(batch.requests)
        self._batch_texts.observe(batch.texts)
        self._batch_tokens.observe(batch.tokens)

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[int, ...]) -> Histogram:
        return Histogram(f"verse_encoder_{name}", text, buckets=buckets, registry=self.registry)
