"""What docs/worker.md says is what the worker has."""

import re
from pathlib import Path

import pytest

from encoder.settings import EncoderSettings
from encoder.worker import STATUSES
from tests.encoder.conftest import StartWorker

TEXT = (Path(__file__).parents[2] / "docs" / "worker.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("field", EncoderSettings.model_fields)
def test_every_setting_is_described(field: str) -> None:
    assert f"`VERSE_{field.upper()}`" in TEXT
    assert EncoderSettings.model_fields[field].description


def test_every_error_has_its_status() -> None:
    for kind, status in STATUSES.items():
        (row,) = [line for line in TEXT.splitlines() if line.startswith("|") and f"`{kind.__name__}`" in line]
        assert str(status) in row


async def test_every_route_and_figure_is_described(start_worker: StartWorker) -> None:
    worker = (await start_worker(loaded=False)).worker
    for route in worker.app.router.routes():
        if route.method != "HEAD":
            assert route.resource is not None
            assert f"`{route.method} {route.resource.canonical}`" in TEXT
    for family in worker.service.metrics.registry.collect():
        if family.name.startswith("verse_encoder_"):
            name = family.name.removeprefix("verse_encoder_") + ("_total" if family.type == "counter" else "")
            assert re.search(rf"`{name}[`{{]", TEXT), name
