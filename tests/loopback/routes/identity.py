"""Who the bot is, who others are, and where the gateway is."""

from tests.loopback.errors import JSON, Code, DiscordError
from tests.loopback.rest import Call, Routes
from tests.loopback.state import State

routes = Routes()


@routes.on("GET", "/users/@me")
def me(state: State, call: Call) -> JSON:
    """The bot itself."""
    return state.bot.payload() | {"mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}


@routes.on("GET", "/users/{user_id}")
def user(state: State, call: Call) -> JSON:
    """Anybody by id."""
    found = state.users.get(int(call["user_id"]))
    if found is None:
        raise DiscordError.of(Code.UNKNOWN_USER)
    return found.payload()


@routes.on("GET", "/applications/@me")
@routes.on("GET", "/oauth2/applications/@me")
def application(state: State, call: Call) -> JSON:
    """The application, with its owner or its team."""
    return {
        "id": str(state.bot.id),
        "name": state.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": state.owner.payload(),
        "bot": state.bot.payload(),
        "approximate_guild_count": len(state.guilds),
        "approximate_user_install_count": sum(person.installed for person in state.users.values()),
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "team": _team(state),
    }


@routes.on("GET", "/gateway")
def gateway(state: State, call: Call) -> JSON:
    """Where to connect, for anybody."""
    return {"url": state.gateway_url}


@routes.on("GET", "/gateway/bot")
def gateway_bot(state: State, call: Call) -> JSON:
    """Where to connect, and with how many shards."""
    limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
    return {"url": state.gateway_url, "shards": state.shards, "session_start_limit": limit}


@routes.on("GET", "/guilds/{guild_id}")
def guild(state: State, call: Call) -> JSON:
    """A server that the bot is in, without its channels and members."""
    found = state.guilds.get(int(call["guild_id"]))
    if found is None or not found.with_bot:
        raise DiscordError.of(Code.UNKNOWN_GUILD)
    return {key: value for key, value in found.payload(bot=state.bot).items() if key not in _ONLY_GATEWAY}


@routes.on("GET", "/guilds/{guild_id}/members/{user_id}")
def member(state: State, call: Call) -> JSON:
    """A member of a server that the bot is in."""
    found = state.guilds.get(int(call["guild_id"]))
    if found is None or not found.with_bot:
        raise DiscordError.of(Code.UNKNOWN_GUILD)
    person = found.members.get(int(call["user_id"]))
    if person is None:
        raise DiscordError(404, 10007, "Unknown Member")
    return person.payload()


_ONLY_GATEWAY = {"channels", "threads", "members", "voice_states", "presences", "joined_at", "large"}


def _team(state: State) -> JSON | None:
    if not state.team:
        return None
    return {
        "id": str(state.bot.id + 1),
        "icon": None,
        "name": "The team",
        "owner_user_id": str(state.owner.id),
        "members": [
            {
                "user": person.payload(),
                "team_id": str(state.bot.id + 1),
                "membership_state": 2,
                "role": role,
                "permissions": ["*"],
            }
            for person, role in state.team.items()
        ],
    }
