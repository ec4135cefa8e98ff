import asyncio
import io
import json
import os
import re
import signal
import sqlite3
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bot.doctor import examine
from bot.settings import BotSettings
from tests.bot.terminal import on_terminal

REPOSITORY = Path(__file__).resolve().parents[2]


def environment(data_dir: Path) -> dict[str, str]:
    """This process's, without settings of Verse but that one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VERSE_", "DISCORD_"))}
    return kept | {"VERSE_DATA_DIR": str(data_dir), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "120"}


async def verse(data_dir: Path, *arguments: str, lines: str = "", **variables: str) -> tuple[int, str, str]:
    """Runs the command line in an environment of its own: (exit status, stdout, stderr)."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=data_dir,
        env=environment(data_dir) | variables,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(lines.encode())
    return process.returncode or 0, out.decode(), err.decode()


async def chat(settings: BotSettings, *lines: str) -> str:
    status, out, err = await verse(
        settings.data_dir, "chat", lines="\n".join(lines), VERSE_ENCODER_URL=settings.encoder_url or ""
    )
    assert (status, err) == (0, "")
    return out


async def export(settings: BotSettings, *options: str) -> list[dict[str, object]]:
    status, out, _ = await verse(settings.data_dir, "feedback", "export", *options)
    assert status == 0
    return [json.loads(line) for line in out.splitlines()]


async def test_a_conversation(settings: BotSettings) -> None:
    said = await chat(
        settings,
        "number my days",
        "+",
        "-2",
        "john 99:99",
        "",
        ":nonsense",
        ":kjv",
        "so teach us to number our days",
        "psalm 23:1-2",
        "+9",
        ":quit",
        "this is not asked any more",
    )
    assert "Psalm 90:12 (WEB)" in said
    assert "👍 Psalm 90:12 is kept." in said
    assert "John has 21 chapters" in said
    assert "there are WEB, KJV" in said
    assert "apply our hearts unto wisdom" in said
    assert "Psalm 23:1-2 (KJV)" in said
    assert "no such verse to rate" in said
    kept = await export(settings)
    assert {line["query"] for line in kept} == {"number my days"}
    assert {line["verdict"] for line in kept} == {"rated_up", "rated_down"}
    assert {line["by"] for line in kept} == {"admin"}
    # Whoever sits at the machine keeps it, and may train on what they write.
    assert await export(settings, "--consented-only") == kept


async def test_stats_count_what_was_asked_and_rated(settings: BotSettings) -> None:
    await chat(settings, "number my days", "+", "-2", "number my years")
    status, said, _ = await verse(settings.data_dir, "feedback", "stats")
    assert status == 0
    assert "2 questions by 1 people" in said
    assert "1 👍, 1 👎; 2 ratings may be used for training." in said
    assert re.search(r"number my days +1 +1", said)


async def test_an_export_to_a_file_is_whole_or_not_there(settings: BotSettings) -> None:
    await chat(settings, "number my days", "+")
    out = settings.data_dir / "out.jsonl"
    status, said, _ = await verse(settings.data_dir, "feedback", "export", "--out", str(out))
    assert (status, said) == (0, f"1 lines are in {out}.\n")
    (line,) = out.read_text("utf-8").splitlines()
    assert json.loads(line)["reference"] == "PSA 90:12"
    status, _, err = await verse(settings.data_dir, "feedback", "export", "--out", "/nowhere/out.jsonl")
    assert status == 1
    assert "cannot be written" in err


async def test_without_a_worker_the_conversation_goes_on_with_words(settings: BotSettings) -> None:
    away = settings.model_copy(update={"encoder_url": "http://127.0.0.1:9"})
    said = await chat(away, "number my days")
    assert "Only words were searched" in said
    assert "Psalm 90:12" in said


async def test_without_an_index_every_line_hears_what_mends_that(settings: BotSettings) -> None:
    (settings.data_dir / "index" / "CURRENT").unlink()
    said = await chat(settings, "number my days", "psalm 23")
    assert said.replace("\n", "").count("run `verse index build`") == 3


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        (["bot"], {}, "There is no DISCORD_TOKEN"),
        (["bot"], {"DISCORD_TOKEN": " "}, "There is no DISCORD_TOKEN"),
        (
            ["bot"],
            {"DISCORD_TOKEN": "x", "VERSE_ADMIN_IDS": "me"},
            "The setting VERSE_ADMIN_IDS is not usable",
        ),
        (["bot"], {"DISCORD_TOKEN": "x", "VERSE_DISCORD_API": "http://127.0.0.1:9"}, "cannot be reached"),
        (["feedback", "export"], {}, "There is no database"),
        (["index", "verify"], {}, "verse index build"),
        (["nonsense"], {}, "No such command"),
    ],
)
async def test_what_cannot_work_is_one_sentence(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], sentence: str
) -> None:
    status, _, err = await verse(tmp_path, *arguments, **variables)
    assert status in (1, 2)
    assert sentence in err.replace("\n", " ")
    assert "Traceback" not in err


async def test_a_damaged_database_is_refused_with_what_mends_it(settings: BotSettings) -> None:
    settings.database.write_text("this is not a database" * 100)
    status, _, err = await verse(settings.data_dir, "chat")
    assert status == 1
    assert "restore a backup" in err.replace("\n", " ")


async def test_an_error_that_nobody_expected_leaves_its_traceback_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "CURRENT").mkdir()  # a directory where a file belongs
    status, _, err = await verse(tmp_path, "index", "status")
    assert status == 1
    assert "Traceback" not in err
    log = (tmp_path / "logs" / "errors.log").read_text("utf-8")
    error_id = err.split()[-1].strip(".")
    assert f"error {error_id}" in log
    assert "IsADirectoryError" in log


async def test_help_loads_neither_torch_nor_discord(tmp_path: Path) -> None:
    status, said, loaded = await verse(tmp_path, "--help", PYTHONPROFILEIMPORTTIME="1")
    assert status == 0
    for command in ("start", "bot", "chat", "search", "index", "worker", "train", "eval", "doctor"):
        assert f" {command} " in said
    modules = {line.rpartition("|")[2].strip() for line in loaded.splitlines()}
    assert "typer" in modules
    assert modules.isdisjoint({"torch", "discord", "numpy", "aiosqlite", "aiohttp"})


async def test_start_without_a_token_says_so_and_offers_the_console(settings: BotSettings) -> None:
    status, said, _ = await verse(
        settings.data_dir, "start", lines="number my days\n", VERSE_ENCODER_URL=settings.encoder_url or ""
    )
    assert status == 0
    assert said.startswith("There is no DISCORD_TOKEN")
    assert "Psalm 90:12" in said


async def test_the_doctor_names_what_is_wrong_and_what_mends_it(settings: BotSettings) -> None:
    examined = Console(file=io.StringIO(), width=200)
    assert examine(settings, examined), examined.file.getvalue()  # type: ignore[attr-defined]
    (settings.data_dir / "index" / "CURRENT").unlink()
    status, said, _ = await verse(settings.data_dir, "doctor")
    assert status == 1
    assert "verse index build" in said


async def test_ctrl_c_ends_a_conversation_at_a_prompt_and_loses_nothing(settings: BotSettings) -> None:
    command = (sys.executable, "-m", "bot", "chat")
    variables = {"VERSE_ENCODER_URL": settings.encoder_url or "", "TERM": "dumb"}
    async with on_terminal(
        command, settings.data_dir, environment(settings.data_dir) | variables
    ) as terminal:
        await terminal.read_until("> ")
        terminal.type(b"number my days\n")
        await terminal.read_until("Psalm 90:12")
        await terminal.read_until("> ")
        terminal.process.send_signal(signal.SIGINT)
        assert await terminal.ended() == 0
    connection = sqlite3.connect(settings.database)
    assert connection.execute("SELECT text FROM queries").fetchall() == [("number my days",)]
    connection.close()
