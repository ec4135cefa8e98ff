"""What a rented GPU gets and gives back: one file each way.

There: the cleaned translations as `index.cache` keeps them, the user's own, topics, WordNet's files, and the few
lines of metadata by which the cache knows the wheels that it was made from, so that those need not travel. Back:
what was measured, and the small models.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import distribution
from pathlib import Path

from index.catalogue import CATALOGUE
from index.user_texts import user_codes
from training.corpus import training_bible
from training.errors import DatasetError
from training.settings import TrainingSettings

LARGEST_BYTES = 20_000_000
"""A pack is for machines with little to spare; 20 translations are about 10 MB, WordNet about 5."""
SITE = "site"
TOPICS = "topics.tsv"
WORDNET = "wordnet"
CORPUS = "corpus"
_WORDNET_FILES = tuple(
    f"{kind}.{part}" for kind in ("data", "index") for part in ("noun", "verb", "adj", "adv")
)


def pack(settings: TrainingSettings, out: Path, topics: Path | None, wordnet: Path | None) -> int:
    """Write the pack; its size in bytes. Raises DatasetError when it grows too large, or a file is missing."""
    codes = list(training_bible(settings).translations)  # reading them fills the cache
    files: list[tuple[str, Path]] = [
        (f"{CORPUS}/{code}.verses", settings.data_dir / CORPUS / f"{code}.verses")
        for code in codes
        if code in CATALOGUE
    ]
    own = [f"texts/{code}.json" for code in user_codes(settings.data_dir)]
    files += [(name, settings.data_dir / name) for name in own]
    if topics:
        files.append((TOPICS, topics))
    if wordnet:
        files += [(f"{WORDNET}/{name}", wordnet / name) for name in _WORDNET_FILES]
    try:
        # A window of 64 MB finds a verse again in the other translations.
        with tarfile.open(out, "w:xz", preset=9) as tar:
            for name, path in files:
                tar.add(path, name)
            for name, text in _wheel_metadata(codes):
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                tar.addfile(entry, io.BytesIO(text))
    except OSError as error:
        raise DatasetError(f"The pack cannot be written: {error}.") from error
    if (size := out.stat().st_size) > LARGEST_BYTES:
        raise DatasetError(
            f"The pack is {size / 1e6:.1f} MB, more than {LARGEST_BYTES / 1e6:.0f}; leave something out."
        )
    return size


def unpack(packed: Path, data_dir: Path) -> None:
    """Put a pack's files under a data directory; raises DatasetError."""
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(packed, "r:xz") as tar:
            tar.extractall(data_dir, filter="data")
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DatasetError(f"{packed} is not a pack, or damaged: {error}.") from error


def bring_back(work: Path, patterns: Iterable[str], out: Path) -> None:
    """Whatever matches, in one file; an older one is replaced when the new one is whole."""
    staging = out.with_name(out.name + ".writing")
    with tarfile.open(staging, "w") as tar:  # weights are int8 already and hardly shrink
        for path in sorted({path for pattern in patterns for path in work.glob(pattern)}):
            with suppress(FileNotFoundError):  # another lane's half-written file got its name meanwhile
                tar.add(path, path.relative_to(work))
    staging.replace(out)


def _wheel_metadata(codes: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for code in codes:
        if code in CATALOGUE:
            wheel = distribution(CATALOGUE[code].package)
            folder = f"{wheel.name.replace('-', '_')}-{wheel.version}.dist-info"
            text = f"Metadata-Version: 2.1\nName: {wheel.name}\nVersion: {wheel.version}\n"
            yield f"{SITE}/{folder}/METADATA", text.encode()
