"""What can be checked without a container engine: every path, command, option, variable, port and metric named in
deploy/ exists."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from bot.cli import app
from bot.metrics import Metrics
from bot.settings import BotSettings
from encoder.service import EmbedService
from encoder.settings import EncoderSettings
from index.settings import IndexSettings
from training.settings import TrainingSettings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
TEXTS = {
    path: path.read_text() for path in sorted(DEPLOY.rglob("*")) if path.is_file() and path.suffix != ".pyc"
}


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def verse_commands() -> Iterator[list[str]]:
    """Every way in which these files call `verse`."""
    for service in SERVICES.values():
        if service["image"].startswith("verse"):
            yield service["command"]
    yield json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[-1])
    for unit in UNITS:
        (command,) = re.findall(
            r"^ExecStart=/opt/verse/\.venv/bin/verse (.*)$", unit.read_text(), re.MULTILINE
        )
        yield command.split()
    for words in re.findall(r"(?:`|\.venv/bin/)verse ([a-z][a-z -]*)", TEXTS[DEPLOY / "README.md"]):
        yield words.split()


@pytest.mark.parametrize("command", list(verse_commands()), ids=" ".join)
def test_every_command_exists_with_its_options(command: list[str]) -> None:
    words = [word for word in command if not word.startswith("-")]
    path = words[:2] if words[0] in ("model", "index") else words[:1]
    help_ = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert help_.exit_code == 0, help_.output
    for word in command:
        if word.startswith("-"):
            assert word in help_.output


def test_every_variable_is_a_setting() -> None:
    known = {
        f"VERSE_{name.upper()}"
        for settings in (BotSettings, EncoderSettings, IndexSettings, TrainingSettings)
        for name in settings.model_fields
    }
    ray = set(re.findall(r'environ\.get\("(VERSE_RAY_\w+)"', TEXTS[DEPLOY / "ray_serve.py"]))
    for path, text in TEXTS.items():
        unknown = set(re.findall(r"\bVERSE_[A-Z_]+\b", text)) - known - ray
        assert not unknown, path


def test_every_secret_that_compose_asks_for_is_in_the_instructions() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", TEXTS[DEPLOY / "compose.yaml"]))
    assert asked == {"DISCORD_TOKEN", "VERSE_ENCODER_SECRET", "GRAFANA_PASSWORD"}
    for name in asked:
        assert f"\n{name}=" in TEXTS[DEPLOY / "README.md"]


def test_the_image_has_what_it_copies_and_nothing_else_is_sent() -> None:
    copied = set()
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        copied |= set(sources.split())
    for source in copied:
        assert (ROOT / source).exists()
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignore if line.startswith("!")} == copied
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    assert {name.rstrip("*") for name in packages["include"]} <= copied


def test_the_image_is_small_in_rights() -> None:
    assert re.search(r"^USER verse$", DOCKERFILE, re.MULTILINE)
    version = re.findall(r"^FROM python:(3\.\d+)-slim", DOCKERFILE, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    least = project["requires-python"].removeprefix(">=")
    assert all(tuple(map(int, v.split("."))) >= tuple(map(int, least.split("."))) for v in version)
    assert len(version) == 2


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:")


def test_every_mounted_file_exists() -> None:
    for service in SERVICES.values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        for secret in service.get("secrets", ()):
            assert secret in COMPOSE["secrets"]
        assert set(service["networks"]) <= COMPOSE["networks"].keys()
    assert (DEPLOY / SERVICES["bot"]["build"]["context"] / SERVICES["bot"]["build"]["dockerfile"]).exists()


def test_the_parts_find_each_other() -> None:
    port = option(SERVICES["worker"]["command"], "--port")
    bot = SERVICES["bot"]["environment"]
    assert bot["VERSE_ENCODER_URL"] == f"http://worker:{port}"
    assert f":{port}/healthz" in SERVICES["worker"]["healthcheck"]["test"][-1]
    assert f":{bot['VERSE_METRICS_PORT']}/healthz" in SERVICES["bot"]["healthcheck"]["test"][-1]
    jobs = {
        job["job_name"]: job for job in yaml.safe_load(TEXTS[DEPLOY / "prometheus.yml"])["scrape_configs"]
    }
    assert jobs["worker"]["static_configs"][0]["targets"] == [f"worker:{port}"]
    assert jobs["bot"]["static_configs"][0]["targets"] == [f"bot:{bot['VERSE_METRICS_PORT']}"]
    secret = jobs["worker"]["authorization"]["credentials_file"]
    assert secret == f"/run/secrets/{SERVICES['prometheus']['secrets'][0]}"
    for name in ("worker", "prometheus"):
        assert "inside" in SERVICES[name]["networks"]
    assert COMPOSE["networks"]["inside"]["internal"]
    assert set(yaml.safe_load(TEXTS[DEPLOY / "compose.cuda.yaml"])["services"]) <= SERVICES.keys()


@pytest.mark.parametrize("name", ["worker", "bot"])
def test_health_checks_are_python(name: str) -> None:
    command = SERVICES[name]["healthcheck"]["test"]
    assert command[:3] == ["CMD", "python", "-c"]
    compile(command[3], name, "exec")


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    (path,) = (DEPLOY / "grafana" / "dashboards").glob("*.json")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


async def test_every_metric_on_the_dashboard_exists(dashboard: dict[str, Any]) -> None:
    service = EmbedService(EncoderSettings(_env_file=None, device="cpu"))
    exposed = service.metrics.exposition().decode()
    await service.close()
    families = [*text_string_to_metric_families(exposed), *Metrics().registry.collect()]
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
    known = {family.name + suffix for family in families for suffix in suffixes.get(family.type, [])}
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
    for expression in expressions:
        for metric in re.findall(r"\b(?:verse|process)_\w+", expression):
            assert metric in known, expression


def test_the_dashboard_is_whole(dashboard: dict[str, Any]) -> None:
    (source,) = yaml.safe_load(TEXTS[DEPLOY / "grafana/provisioning/datasources/prometheus.yaml"])[
        "datasources"
    ]
    panels = dashboard["panels"]
    assert all(panel["datasource"]["uid"] == source["uid"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + dx, place["y"] + dy) for dx in range(place["w"]) for dy in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    (provider,) = yaml.safe_load(TEXTS[DEPLOY / "grafana/provisioning/dashboards/verse.yaml"])["providers"]
    assert any(
        volume.endswith(f":{provider['options']['path']}:ro") for volume in SERVICES["grafana"]["volumes"]
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_units_are_sound_and_confined(unit: Path) -> None:
    checked = subprocess.run(["systemd-analyze", "verify", unit], check=False, capture_output=True, text=True)
    complaints = [line for line in checked.stderr.splitlines() if "is not executable" not in line]
    assert not [line for line in complaints if unit.name in line]
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
        check=False,
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stdout[-400:]


def test_the_socket_of_the_units_is_one() -> None:
    worker, bot = (DEPLOY / "systemd" / f"verse-{name}.service" for name in ("worker", "bot"))
    (socket,) = re.findall(r"--socket (\S+)", worker.read_text())
    assert f"VERSE_ENCODER_URL=unix:{socket}" in bot.read_text()
    (directory,) = re.findall(r"^RuntimeDirectory=(.*)$", worker.read_text(), re.MULTILINE)
    assert socket.startswith(f"/run/{directory}/")


def test_every_link_leads_somewhere() -> None:
    for path, text in TEXTS.items():
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", text):
                assert (path.parent / target).exists(), target
