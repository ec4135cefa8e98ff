"""The loopback Discord refuses what Discord refuses, so that a bot which is too long or too wide fails here."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.loopback import Code, Guild, LoopbackDiscord, User
from tests.loopback.schema import VARIABLE

ALICE = User("Alice")
JSON = dict[str, Any]


class Client:
    """Sends bodies as the bot would."""

    def __init__(self, server: LoopbackDiscord, guild: Guild, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._guild = guild
        self._session = session

    async def write(self, body: JSON) -> tuple[int, JSON]:
        return await self._send("POST", f"/channels/{self._guild.channel().id}/messages", body)

    async def register(self, *commands: JSON) -> tuple[int, JSON]:
        return await self._send("PUT", f"/applications/{self.server.bot.id}/commands", list(commands))

    async def _send(self, method: str, path: str, body: Any) -> tuple[int, JSON]:
        headers = {"Authorization": f"Bot {self.server.token}"}
        url = self.server.url + path
        async with self._session.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.delenv(VARIABLE, raising=False)  # the description would refuse first, and less clearly
    guild = Guild("Chapel", owner=ALICE)
    async with LoopbackDiscord(guilds=[guild]) as server, aiohttp.ClientSession() as session:
        yield Client(server, guild, session)
        server.complaints.clear()


def button(custom_id: str = "x", **more: Any) -> JSON:
    return {"type": 2, "style": 2, "label": "x", "custom_id": custom_id} | more


def row(*items: JSON) -> JSON:
    return {"type": 1, "components": list(items)}


def menu(*values: str, **more: Any) -> JSON:
    options = [{"label": value, "value": value} for value in values]
    return {"type": 3, "custom_id": "menu", "options": options} | more


def places(form: JSON, *before: str) -> dict[str, str]:
    """Where Discord found faults, as ``{"embeds.0.title": code}``."""
    found = {".".join(before): error["code"] for error in form.get("_errors", ())}
    for key, inner in form.items():
        if key != "_errors":
            found |= places(inner, *before, key)
    return found


LONG = "a" * 4096
BAD_MESSAGES: list[tuple[JSON, str]] = [
    ({"content": "a" * 2001}, "content"),
    ({"embeds": [{"title": "a" * 257}]}, "embeds.0.title"),
    ({"embeds": [{"description": LONG + "a"}]}, "embeds.0.description"),
    ({"embeds": [{"description": LONG}, {"description": "a" * 1905}]}, "embeds"),
    ({"embeds": [{"fields": [{"name": "a", "value": ""}]}]}, "embeds.0.fields.0.value"),
    ({"embeds": [{"fields": [{"name": "a", "value": "a" * 1025}]}]}, "embeds.0.fields.0.value"),
    ({"embeds": [{"fields": [{"name": "a", "value": "a"}] * 26}]}, "embeds.0.fields"),
    ({"embeds": [{"footer": {"text": "a" * 2049}}]}, "embeds.0.footer.text"),
    ({"embeds": [{"title": "a", "url": "psalm"}]}, "embeds.0.url"),
    ({"embeds": [{"title": "a", "image": {"url": "attachment://no.png"}}]}, "embeds.0.image.url"),
    ({"embeds": [{"title": "a"}] * 11}, "embeds"),
    ({"content": "a", "components": [row(button(str(n))) for n in range(6)]}, "components"),
    ({"content": "a", "components": [row(*(button(str(n)) for n in range(6)))]}, "components.0.components"),
    ({"content": "a", "components": [row(button(), menu("a"))]}, "components.0.components"),
    ({"content": "a", "components": [row(button(), button())]}, "components"),
    ({"content": "a", "components": [row(button("a" * 101))]}, "components.0.components.0.custom_id"),
    ({"content": "a", "components": [row(button(label="a" * 81))]}, "components.0.components.0.label"),
    ({"content": "a", "components": [row(button(label=None))]}, "components.0.components.0"),
    ({"content": "a", "components": [row(menu())]}, "components.0.components.0.options"),
    ({"content": "a", "components": [row(menu("a", "a"))]}, "components.0.components.0.options.1.value"),
    ({"content": "a", "components": [row(menu("a", max_values=2))]}, "components.0.components.0.max_values"),
    ({"content": "a", "components": [button()]}, "components.0.type"),
    ({"content": "a", "flags": 1 << 15, "components": [{"type": 10, "content": "a"}]}, "content"),
    ({"flags": 1 << 15, "components": [{"type": 10, "content": "a" * 4001}]}, "components"),
]


@pytest.mark.parametrize(("body", "place"), BAD_MESSAGES)
async def test_bad_messages_are_refused_at_their_place(client: Client, body: JSON, place: str) -> None:
    status, answer = await client.write(body)
    assert (status, answer["code"]) == (400, Code.INVALID_FORM)
    assert place in places(answer["errors"])
    assert len(client.server.complaints) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"content": "a" * 2000},
        {"embeds": [{"description": LONG}, {"description": "a" * 1904}]},
        {"content": "a", "components": [row(*(button(f"{y}{x}") for x in range(5))) for y in range(5)]},
        {"components": [row(menu(*map(str, range(25)), max_values=25))]},
        {"flags": 1 << 15, "components": [{"type": 10, "content": "a" * 4000}]},
    ],
)
async def test_the_very_limit_is_allowed(client: Client, body: JSON) -> None:
    status, _ = await client.write(body)
    assert status == 200
    client.server.check()


async def test_an_empty_message_is_refused(client: Client) -> None:
    status, answer = await client.write({"content": "", "embeds": []})
    assert (status, answer["code"]) == (400, Code.EMPTY_MESSAGE)


def slash(name: str = "verse", **more: Any) -> JSON:
    return {"type": 1, "name": name, "description": "Finds a verse."} | more


def option(name: str = "query", **more: Any) -> JSON:
    return {"type": 3, "name": name, "description": "The words."} | more


CHOICES = [{"name": f"{n:02}{'a' * 60}", "value": f"{n:02}{'a' * 60}"} for n in range(25)]
BAD_COMMANDS: list[tuple[list[JSON], str]] = [
    ([slash("Verse")], "0.name"),
    ([slash("two words")], "0.name"),
    ([slash("a" * 33)], "0.name"),
    ([slash(description="")], "0.description"),
    ([slash(description="a" * 101)], "0.description"),
    ([slash(), slash()], "0"),
    ([slash(options=[option(str(n)) for n in range(26)])], "0.options"),
    ([slash(options=[option("a"), option("b", required=True)])], "0.options.1"),
    ([slash(options=[option("a"), option("a")])], "0.options.0.name"),
    ([slash(options=[option(choices=[{"name": "a", "value": "a" * 101}])])], "0.options.0.choices.0.value"),
    ([slash(options=[option(max_length=6001)])], "0.options.0.max_length"),
    ([{"type": 3, "name": "Find", "description": "a"}], "0"),
    ([{"type": 3, "name": f"Find {n}"} for n in range(16)], ""),
    ([slash(options=[option(f"o{n}", description="a" * 100, choices=CHOICES) for n in range(3)])], "0"),
]


@pytest.mark.parametrize(("commands", "place"), BAD_COMMANDS)
async def test_bad_commands_are_refused(client: Client, commands: list[JSON], place: str) -> None:
    status, answer = await client.register(*commands)
    assert (status, answer["code"]) == (400, Code.INVALID_FORM)
    assert place in places(answer["errors"])
    assert not client.server.commands


async def test_names_of_other_scripts_are_allowed(client: Client) -> None:
    status, _ = await client.register(slash("vers-2"), slash("стих"), slash("वचन"))
    assert status == 200


DESCRIPTION: JSON = {
    "openapi": "3.1.0",
    "paths": {
        "/channels/{channel_id}/messages": {
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}
                },
                "responses": {"200": {"content": {"application/json": {"schema": {"required": ["odd"]}}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "Body": {
                "properties": {
                    "content": {"type": "string"},
                    "nonce": {"$ref": "#/components/schemas/SnowflakeType"},
                }
            },
            "SnowflakeType": {"type": "string", "pattern": "^[0-9]+$"},
        }
    },
}


async def test_bodies_are_checked_against_the_description_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(DESCRIPTION), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(path))
    guild = Guild("Chapel", owner=ALICE)
    async with LoopbackDiscord(guilds=[guild]) as server, aiohttp.ClientSession() as session:
        client = Client(server, guild, session)
        status, answer = await client.write({"content": 5})
        assert status == 400
        assert "5 is not of type 'string'" in answer["errors"]["_errors"][0]["message"]
        assert (await client.write({"content": "a", "nonce": "b"}))[0] == 400
        assert (await client.write({"content": "a", "nonce": 7}))[0] == 200
        with pytest.raises(AssertionError, match=r"our own answer .* 'odd' is a required property"):
            server.check()
