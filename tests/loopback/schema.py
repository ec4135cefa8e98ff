"""Bodies against Discord's own API description, where that file is present (``VERSE_DISCORD_OPENAPI``).

The description is the `openapi.json` of discord/discord-api-spec. Requests are checked because they are the
bot's; our answers are checked because a client tested against a wrong Discord is not tested.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.loopback.errors import JSON, Code, DiscordError

VARIABLE = "VERSE_DISCORD_OPENAPI"
_ROOT = "urn:discord"
_PARAMETER = re.compile(r"{[^}]*}")


class Schema:
    """Validators by method and path template, made when first needed."""

    def __init__(self, document: JSON) -> None:
        # Discord takes ids as numbers too, and libraries send them so; the description knows only strings.
        document["components"]["schemas"]["SnowflakeType"]["type"] = ["string", "integer"]
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(_ROOT, resource)
        self._paths = {_PARAMETER.sub("{}", path): path for path in document["paths"]}
        self._document = document
        self._validators: dict[tuple[str, ...], Draft202012Validator | None] = {}

    @classmethod
    def from_environment(cls) -> Schema | None:
        """The description named by the environment, None when none is named."""
        path = os.environ.get(VARIABLE)
        return None if not path else cls(json.loads(Path(path).read_text(encoding="utf-8")))

    def check_request(self, method: str, template: str, body: Any) -> None:
        """Refuses a body that Discord's description does not allow.

        Raises:
            DiscordError: 400, code 50035.
        """
        wrong = self._wrong(body, method, template, "requestBody", "content", "application/json", "schema")
        if wrong is not None:
            form = {"_errors": [{"code": "SCHEMA", "message": wrong}]}
            raise DiscordError.of(Code.INVALID_FORM, form=form)

    def wrong_answer(self, method: str, template: str, answer: Any) -> str | None:
        """What is wrong with one of our answers, None when it is as described."""
        place = ("responses", "200", "content", "application/json", "schema")
        return None if answer is None else self._wrong(answer, method, template, *place)

    def _wrong(self, value: Any, method: str, template: str, *place: str) -> str | None:
        path = self._paths.get(_PARAMETER.sub("{}", template))
        validator = None if path is None else self._validator("paths", path, method.lower(), *place)
        if validator is None or value is None:
            return None
        error = best_match(validator.iter_errors(value))
        return None if error is None else f"{error.json_path}: {error.message[:300]}"

    def _validator(self, *keys: str) -> Draft202012Validator | None:
        if keys not in self._validators:
            node: Any = self._document
            for key in keys:
                node = node.get(key, {})
            pointer = "/".join(key.replace("~", "~0").replace("/", "~1") for key in keys)
            pointer = pointer.replace("{", "%7B").replace("}", "%7D")
            reference = {"$ref": f"{_ROOT}#/{pointer}"}
            self._validators[keys] = (
                Draft202012Validator(reference, registry=self._registry) if node else None
            )
        return self._validators[keys]
