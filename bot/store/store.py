"""All of the database in one place."""

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from bot.occupancy import occupied
from bot.store.abuse import Abuse
from bot.store.audit import Audit
from bot.store.corrections import Corrections
from bot.store.daily import Daily
from bot.store.database import Database
from bot.store.decisions import Decisions
from bot.store.dossiers import Dossiers
from bot.store.experiments import Experiments
from bot.store.facts import Facts
from bot.store.identity import Identity
from bot.store.jobs import JobLog
from bot.store.people import People
from bot.store.preferences import Preferences
from bot.store.queries import QueryLog
from bot.store.ratings import Ratings
from bot.store.stats import Stats
from bot.version import program_version


class Store:
    """An open database and its tables; `open` and `close` it, or use it as a context manager."""

    def __init__(self, database: Database, identity: Identity, held: ExitStack) -> None:
        self._held = held
        self.database = database
        self.identity = identity
        self.queries = QueryLog(database, program=program_version())
        self.ratings = Ratings(database)
        self.corrections = Corrections(database)
        self.decisions = Decisions(database)
        self.preferences = Preferences(database)
        self.audit = Audit(database)
        self.people = People(database)
        self.jobs = JobLog(database)
        self.daily = Daily(database)
        self.dossiers = Dossiers(database)
        self.stats = Stats(database)
        self.abuse = Abuse(database)
        self.experiments = Experiments(database)
        self.facts = Facts(database)

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Opens the database and the key beside it, making or upgrading them; raises `StoreError`."""
        identity = Identity.open(path.parent)
        with ExitStack() as held:
            held.enter_context(occupied(path.parent))
            return cls(await Database.open(path), identity, held.pop_all())

    async def close(self) -> None:
        """Saves what is waiting, then closes."""
        await self.database.close()
        self._held.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
