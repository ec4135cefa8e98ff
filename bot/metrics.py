"""What Prometheus may know of the bot: counts and times, never who or what."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)


class Metrics:
    """One registry for each service, so that two in a process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.interactions = Counter(
            "verse_interactions",
            "Interactions by what was asked for and how it ended.",
            ["name", "outcome"],
            registry=self.registry,
        )
        self.interaction_seconds = Histogram(
            "verse_interaction_seconds",
            "From the arrival of an interaction to the end of its handling.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.search_seconds = Histogram(
            "verse_search_seconds",
            "Searches by stage; `all` is the whole.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.words_only = Counter(
            "verse_words_only_searches", "Searches without the encoder.", registry=self.registry
        )
        self.ratings = Counter("verse_ratings", "Ratings kept.", ["value", "via"], registry=self.registry)
        self.inflight = Gauge("verse_inflight", "Interactions being handled.", registry=self.registry)
        self.waiting_writes = Gauge(
            "verse_waiting_writes", "Writes not yet in the database.", registry=self.registry
        )
        self.guilds = Gauge("verse_guilds", "Servers the bot is in.", registry=self.registry)
        self.gateway_seconds = Gauge(
            "verse_gateway_seconds", "Heartbeat latency of a shard.", ["shard"], registry=self.registry
        )
