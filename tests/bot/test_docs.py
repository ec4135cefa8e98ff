"""What the documents say is what the program has."""

from pathlib import Path
from typing import Any

import pytest
from discord import app_commands

from bot.discord_app.admin import Admin
from bot.discord_app.daily import Daily
from bot.discord_app.help import help_
from bot.discord_app.privacy import Privacy
from bot.discord_app.settings_panel import settings
from bot.discord_app.verse import COMMANDS
from bot.settings import BotSettings

ROOT = Path(__file__).resolve().parents[2]
DISCORD = (ROOT / "docs" / "discord.md").read_text("utf-8")


def leaves(command: Any) -> list[Any]:
    if isinstance(command, app_commands.Group):
        return [leaf for inner in command.commands for leaf in leaves(inner)]
    return [command]


EVERY_COMMAND = [
    leaf for top in (*COMMANDS, settings, Privacy(), Daily(), Admin(), help_) for leaf in leaves(top)
]


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda command: command.qualified_name)
def test_every_command_and_option_says_what_it_is(command: Any) -> None:
    if isinstance(command, app_commands.ContextMenu):
        assert f"*{command.name}*" in DISCORD
        return
    assert command.description not in ("", "…")
    for parameter in command.parameters:
        assert parameter.description not in ("", "…"), parameter.name
    *groups, name = command.qualified_name.split()
    lines = [line for line in DISCORD.splitlines() if not groups or f"/{groups[0]}" in line]
    assert any(f"{name}`" in line or f"{name} " in line for line in lines)


@pytest.mark.parametrize("field", BotSettings.model_fields)
def test_every_setting_is_described(field: str) -> None:
    if field == "discord_api":  # for tests
        return
    variable = "DISCORD_TOKEN" if field == "discord_token" else f"VERSE_{field.upper()}"
    assert f"`{variable}`" in DISCORD
    assert BotSettings.model_fields[field].description


def test_the_privacy_text_names_the_defaults() -> None:
    text = (ROOT / "PRIVACY.md").read_text("utf-8")
    assert f"{BotSettings.model_fields['retention_days'].default} days" in text
    assert f"`VERSE_BACKUP_DAYS`, {BotSettings.model_fields['backup_days'].default}" in text
    for command in Privacy().commands:
        assert f"`/privacy {command.name}" in text
