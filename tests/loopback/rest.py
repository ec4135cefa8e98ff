"""REST, as far as every route shares it: log, planned faults, token, schemas, errors, rate limit headers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.loopback.errors import JSON, Code, DiscordError
from tests.loopback.message import Attachment
from tests.loopback.schema import Schema
from tests.loopback.state import Request, State

PREFIX = "/api/v10"
NO_TOKEN_NEEDED = ("/interactions/", "/webhooks/")  # their address is the secret
# Refusals that only a mistake of the bot can earn; the others depend on the world around it.
BOT_AT_FAULT = {
    Code.INVALID_FORM,
    Code.INVALID_JSON,
    Code.EMPTY_MESSAGE,
    Code.TOO_LARGE,
    Code.ALREADY_ACKNOWLEDGED,
}
# Generous on purpose: the limits that the tests mean are planned as faults.
BUCKET = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "X-RateLimit-Reset-After": "1.0"}


@dataclass(frozen=True)
class Call:
    """A request as a route sees it."""

    params: dict[str, str]
    query: dict[str, str]
    body: Any
    files: list[Attachment]

    def __getitem__(self, name: str) -> str:
        return self.params[name]


# A route answers with a body, with nothing (204), or raises a DiscordError.
Route = Callable[[State, Call], JSON | list[JSON] | None]


class Routes:
    """A table of routes, filled by decorators."""

    def __init__(self) -> None:
        self.table: list[tuple[str, str, Route]] = []

    def on(self, method: str, template: str) -> Callable[[Route], Route]:
        """Registers a route under a path template of Discord's documentation."""

        def register(route: Route) -> Route:
            self.table.append((method, template, route))
            return route

        return register


class Rest:
    """Serves route tables the way Discord serves its API."""

    def __init__(self, state: State, schema: Schema | None, *tables: Routes) -> None:
        self._state = state
        self._schema = schema
        self._routes = [entry for table in tables for entry in table.table]

    def mount(self, app: web.Application) -> None:
        """Adds every route, and one that catches whatever this Discord does not know."""
        for method, template, route in self._routes:
            app.router.add_route(method, PREFIX + template, self._handler(method, template, route))
        app.router.add_route("*", "/{anything:.*}", self._unknown)

    def _handler(self, method: str, template: str, route: Route) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            path = request.path.removeprefix(PREFIX)
            call = Call({}, {}, None, [])
            try:
                call = await _read(request)
                answer, status, headers = await self._answer(method, path, template, route, request, call)
            except DiscordError as error:
                answer, status, headers = error.to_json(), error.status, {}
                if error.code in BOT_AT_FAULT:
                    self._state.complaints.append(f"{method} {path}: {error} {json.dumps(error.form)}")
            names = tuple(file.filename for file in call.files)
            self._state.requests.append(Request(method, path, template, call.body, names, status))
            self._state.pulse.beat()
            headers = BUCKET | {"X-RateLimit-Bucket": f"{method}{template}"} | headers
            if status == 204:
                return web.Response(status=status, headers=headers)
            return in_json(answer, status, headers)

        return handle

    async def _answer(
        self, method: str, path: str, template: str, route: Route, request: web.Request, call: Call
    ) -> tuple[Any, int, dict[str, str]]:
        fault = self._state.faults.strike(method, path)
        if fault is not None:
            self._state.pulse.beat()
            await asyncio.sleep(fault.delay_s)
            if fault.error is not None:
                return fault.error.to_json() | fault.body, fault.error.status, fault.headers
        token_needed = not template.startswith(NO_TOKEN_NEEDED)
        if token_needed and request.headers.get("Authorization") != f"Bot {self._state.token}":
            raise DiscordError.http(401)
        if self._schema is not None:
            self._schema.check_request(method, template, call.body)
        answer = route(self._state, call)
        status = 204 if answer is None else 200
        if self._schema is not None and (wrong := self._schema.wrong_answer(method, template, answer)):
            self._state.complaints.append(f"our own answer to {method} {path} is not Discord's: {wrong}")
        return answer, status, {}

    async def _unknown(self, request: web.Request) -> web.Response:
        self._state.complaints.append(f"unknown endpoint: {request.method} {request.path}")
        error = DiscordError.http(404)
        return in_json(error.to_json(), error.status)


def in_json(answer: Any, status: int, headers: dict[str, str] | None = None) -> web.Response:
    """An answer whose content type is `application/json` and nothing more, as clients expect of Discord."""
    body = json.dumps(answer).encode()
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


async def _read(request: web.Request) -> Call:
    files: list[Attachment] = []
    text: str | None = None
    if request.content_type == "multipart/form-data":
        form = await request.post()
        text = str(form["payload_json"])
        for name, part in form.items():
            if name.startswith("files["):
                assert isinstance(part, web.FileField)
                files.append(Attachment(part.filename, part.file.read()))
    elif request.can_read_body:
        text = await request.text()
    try:
        body = None if text is None else json.loads(text)
    except ValueError:
        raise DiscordError.of(Code.INVALID_JSON) from None
    return Call(dict(request.match_info), dict(request.query), body, files)
