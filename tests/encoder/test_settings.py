from pathlib import Path

import pytest
from pydantic import ValidationError

from encoder.settings import EncoderSettings, is_loopback


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("worker.example", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_strangers_need_the_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERSE_WORKER_HOST", "0.0.0.0")
    with pytest.raises(ValidationError, match="set VERSE_ENCODER_SECRET"):
        EncoderSettings()
    monkeypatch.setenv("VERSE_ENCODER_SECRET", "s3cret")
    settings = EncoderSettings()
    assert "s3cret" not in repr(settings)


def test_an_empty_secret_is_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """compose.yaml passes variables that nobody set as empty ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERSE_WORKER_HOST", "0.0.0.0")
    monkeypatch.setenv("VERSE_ENCODER_SECRET", "")
    with pytest.raises(ValidationError, match="set VERSE_ENCODER_SECRET"):
        EncoderSettings()
