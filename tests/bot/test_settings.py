from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import BotSettings


def test_everything_can_be_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSE_ADMIN_IDS", "12, 34 56")
    monkeypatch.setenv("VERSE_ADMIN_GUILD", "78")
    monkeypatch.setenv("VERSE_DATA_DIR", "/srv/verse")
    monkeypatch.setenv("DISCORD_TOKEN", "abc.def")
    settings = BotSettings(_env_file=None)
    assert settings.admin_ids == {12, 34, 56}
    assert settings.admin_guild == 78
    assert settings.database == Path("/srv/verse/verse.sqlite3")
    assert "abc.def" not in repr(settings)


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISCORD_TOKEN", "VERSE_ADMIN_GUILD", "VERSE_ADMIN_IDS", "VERSE_ENCODER_URL"):
        monkeypatch.setenv(name, "")
    settings = BotSettings(_env_file=None)
    assert (settings.discord_token, settings.admin_guild, settings.encoder_url) == (None, None, None)
    assert settings.admin_ids == frozenset()


def test_a_dot_env_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "DISCORD_TOKEN=abc\nVERSE_COOLDOWN_USES=9\nUNRELATED=1\n", encoding="utf-8"
    )
    settings = BotSettings()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == "abc"
    assert settings.cooldown_uses == 9


def test_what_is_no_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSE_ADMIN_IDS", "somebody")
    with pytest.raises(ValidationError, match="admin_ids"):
        BotSettings(_env_file=None)
