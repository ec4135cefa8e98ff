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
        self._reloading = asyncio.Lock()

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

    async def reload(self) -> bool:
        """Opens the snapshot that CURRENT names unless it is open; True when another serves now.

        A snapshot that cannot be opened leaves the old one serving, and says so in the log.
        """
        async with self._reloading:
            before = self._searcher.build_id if self._searcher else None
            try:
                new = await asyncio.to_thread(self._open, before)
            except (IndexingError, OSError) as error:
                self._trouble = str(error)
                log.error("the index cannot be opened: %s", error)
                return False
            if new is None:
                return False
            self._searcher = new
            log.info("index %s serves", new.build_id)
            return True

    def _open(self, before: str | None) -> Searcher | None:
        path = snapshot.current(self._dir)
        return None if path.name == before else Searcher.open(path)
