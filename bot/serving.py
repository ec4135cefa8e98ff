"""The index that answers now, and swapping in the next one without dropping a query."""

import asyncio
import logging
from pathlib import Path

from bot.errors import NoIndex
from index import snapshot
from index.errors import IndexingError
from index.search import Searcher

log = logging.getLogger(__name__)


class ServingIndex:
    """Holds the opened snapshot; a search that has begun keeps the one it began with."""

    def __init__(self, index_dir: Path) -> None:
        self._dir = index_dir
        self._searcher: Searcher | None = None
        self._trouble = "The index is still being opened; try again in a moment."
        self._tried: str | None = None
        self._reloading = asyncio.Lock()

    @property
    def directory(self) -> Path:
        """Where the snapshots lie."""
        return self._dir

    @property
    def searcher(self) -> Searcher:
        """The opened index; raises `NoIndex`, saying what mends it."""
        if self._searcher is None:
            raise NoIndex(self._trouble)
        return self._searcher

    @property
    def trouble(self) -> str | None:
        """Why there is no index, in one sentence, or None when there is one."""
        return None if self._searcher else self._trouble

    async def outdated(self) -> bool:
        """Whether CURRENT names a snapshot that was not opened yet."""
        return await asyncio.to_thread(snapshot.serving, self._dir) not in (None, self._tried)

    async def reload(self) -> bool:
        """Opens the snapshot that CURRENT names unless it is open; True when another serves now.

        A snapshot that cannot be opened leaves the old one serving, and says so in the log.
        """
        async with self._reloading:
            try:
                new = await asyncio.to_thread(self._open)
            except (IndexingError, OSError) as error:
                self._trouble = str(error)
                log.error("the index cannot be opened: %s", error)
                return False
            if new is None:
                return False
            self._searcher = new
            log.info("index %s serves", new.build_id)
            return True

    def _open(self) -> Searcher | None:
        self._tried = snapshot.serving(self._dir)
        path = snapshot.current(self._dir)
        if self._searcher is not None and path.name == self._searcher.build_id:
            return None
        return Searcher.open(path)
