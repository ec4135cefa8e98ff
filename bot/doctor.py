"""`verse doctor`: checks everything that a start needs, and says what mends it."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bot.errors import BotError, StartUpError, StoreError
from bot.settings import BotSettings
from bot.store.identity import KEY_FILE
from bot.store.migrations import migrations, schema_version
from encoder.checkpoint import fingerprint
from encoder.errors import EncoderError
from encoder.model_store import current_model_dir
from encoder.settings import EncoderSettings
from index import snapshot
from index.errors import IndexingError
from index.settings import IndexSettings

_LEAST_DISK = 1_000_000_000  # bytes: the next index beside this one, and room for the log


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined; `fatal` when Verse cannot work so."""

    name: str
    sound: bool
    text: str
    fatal: bool = True


def examine(settings: BotSettings, console: Console) -> bool:
    """Prints what was found; True when nothing stands in the way of a start."""
    table = Table(show_header=False, box=None)
    sound = True
    for finding in findings(settings):
        sign = "[green]✓[/]" if finding.sound else "[red]✗[/]" if finding.fatal else "[yellow]![/]"
        table.add_row(sign, finding.name, finding.text)
        sound = sound and (finding.sound or not finding.fatal)
    console.print(table)
    return sound


def findings(settings: BotSettings) -> Iterator[Finding]:
    """Everything examined, in the order in which it is needed."""
    yield _checked("disk", lambda: _disk(settings))
    yield _checked("model", lambda: f"{_model(settings)} is whole")
    yield _checked("index", lambda: _index(settings))
    yield _checked("database", lambda: _database(settings))
    token = settings.discord_token is not None
    text = "is set" if token else "is not set: `verse chat` works without, Discord does not"
    yield Finding("DISCORD_TOKEN", token, text, fatal=False)


def _checked(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except (BotError, IndexingError, EncoderError) as error:
        return Finding(name, False, str(error))


def _disk(settings: BotSettings) -> str:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe = settings.data_dir / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartUpError(
            f"{settings.data_dir} cannot be written ({error.strerror}); set VERSE_DATA_DIR."
        ) from error
    free = shutil.disk_usage(settings.data_dir).free
    if free < _LEAST_DISK:
        raise StartUpError(f"Only {free / 1e9:.1f} GB are free in {settings.data_dir}; make room for 1 GB.")
    return f"{settings.data_dir} can be written, {free / 1e9:.0f} GB are free"


def _model(settings: BotSettings) -> str:
    return fingerprint(current_model_dir(EncoderSettings(data_dir=settings.data_dir).models_dir))


def _index(settings: BotSettings) -> str:
    path = snapshot.current(IndexSettings(data_dir=settings.data_dir).index_dir)
    manifest = snapshot.verify(path)
    model = _model(settings)
    if manifest["fingerprint"] != model:
        raise StartUpError(
            f"{path.name} was built with model {manifest['fingerprint']}, the one in use is {model};"
            " run `verse index build`."
        )
    return f"{path.name} is whole and of this model"


def _database(settings: BotSettings) -> str:
    path = settings.database
    if not path.exists():
        return f"{path} begins with the first query"
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
            version = schema_version(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read ({error}); restore a backup.") from error
    if verdict != "ok":
        raise StoreError(f"{path} is damaged ({verdict}); restore a backup.")
    if not (settings.data_dir / KEY_FILE).exists():
        raise StoreError(f"The key {KEY_FILE} beside {path} is gone, so nobody's rows can be found again.")
    return f"{path} is sound, schema {version} of {len(migrations())}"
