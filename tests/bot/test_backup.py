import asyncio
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store.backup import back_up, restore
from bot.store.store import Store
from tests.bot.test_console import verse
from tests.bot.test_store import asked, result


async def fill(path: Path, first: int, count: int) -> str:
    async with await Store.open(path) as store:
        for number in range(first, first + count):
            await store.queries.log(asked(number), result())
        return store.identity.person(1)


def queries(path: Path) -> int:
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM queries").fetchone()
    connection.close()
    return int(count)


async def test_a_backup_brings_back_rows_and_names(tmp_path: Path) -> None:
    path = tmp_path / "data" / "verse.sqlite3"
    name = await fill(path, 0, 100)
    backup = await asyncio.to_thread(back_up, path, tmp_path / "backups", keep_days=30)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700  # nobody else's to read
    await fill(path, 100, 50)
    aside = await asyncio.to_thread(restore, backup, path)
    assert queries(path) == 100
    assert aside is not None
    assert queries(aside / "verse.sqlite3") == 150
    # On a new machine too, where nothing was before.
    elsewhere = tmp_path / "new" / "verse.sqlite3"
    assert await asyncio.to_thread(restore, backup, elsewhere) is None
    async with await Store.open(elsewhere) as store:
        assert store.identity.person(1) == name
        assert await store.queries.get(99) is not None


async def test_a_backup_while_the_bot_writes_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "verse.sqlite3"
    async with await Store.open(path) as store:

        async def write() -> None:
            for number in range(3_000):
                await store.queries.log(asked(number), result())

        writing = asyncio.create_task(write())
        backup = await asyncio.to_thread(back_up, path, tmp_path / "backups", keep_days=30)
        await writing
    connection = sqlite3.connect(backup / "verse.sqlite3")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (asked_count,) = connection.execute("SELECT count(*) FROM queries").fetchone()
    (answered,) = connection.execute("SELECT count(DISTINCT query_id) FROM results").fetchone()
    assert asked_count == answered
    connection.close()


async def test_old_backups_go_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "verse.sqlite3"
    await fill(path, 0, 1)
    backups = tmp_path / "backups"
    for name in ("20200101T000000Z", "mine"):
        (backups / name).mkdir(parents=True)
    made = await asyncio.to_thread(back_up, path, backups, keep_days=30)
    assert {entry.name for entry in backups.iterdir()} == {made.name, "mine"}


async def test_what_is_no_sound_backup_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "verse.sqlite3"
    await fill(path, 0, 3)
    backup = await asyncio.to_thread(back_up, path, tmp_path / "backups", keep_days=30)

    def refuse(directory: Path, sentence: str) -> None:
        with pytest.raises(StoreError, match=sentence):
            restore(directory, path)
        assert queries(path) == 3

    refuse(tmp_path / "nowhere", "not a backup")
    damaged = Path(shutil.copytree(backup, tmp_path / "damaged"))
    content = bytearray((damaged / "verse.sqlite3").read_bytes())
    content[4096:8192] = b"\xff" * 4096
    (damaged / "verse.sqlite3").write_bytes(content)
    refuse(damaged, "damaged")
    newer = Path(shutil.copytree(backup, tmp_path / "newer"))
    connection = sqlite3.connect(newer / "verse.sqlite3")
    connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 0)")
    connection.commit()
    connection.close()
    refuse(newer, "newer Verse")
    with pytest.raises(StoreError, match="no database"):
        back_up(tmp_path / "none.sqlite3", tmp_path / "backups", keep_days=30)


async def test_nothing_is_restored_under_a_running_program(tmp_path: Path) -> None:
    path = tmp_path / "verse.sqlite3"
    await fill(path, 0, 2)
    status, said, _ = await verse(tmp_path, "backup")
    assert status == 0
    (backup,) = (tmp_path / "backups").iterdir()
    assert backup.name in said
    async with await Store.open(path):
        status, _, err = await verse(tmp_path, "restore", str(backup))
        assert status == 1
        assert "stop it first" in err.replace("\n", " ")
    status, said, _ = await verse(tmp_path, "restore", str(backup))
    assert status == 0
    assert "in place" in said
    assert queries(path) == 2
