"""What people type comes back as they typed it: it neither formats, links, hides nor pings."""

import re

import pytest

from tests.bot.discord.process import BotProcess
from tests.loopback import Guild, Interaction, LoopbackDiscord, Permission, User

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = (
    "**q**",
    "`q`",
    "||q||",
    "__q__",
    "[q](http://x.yz)",
    "<@1>",
    "<#1>",
    "<t:1:R>",
    "@everyone",
    "# q",
    "> q",
)
DOORS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("verse", "query", {}),
    ("verse", "translation", {"query": "light"}),
    ("verse", "book", {"query": "light"}),
    ("passage", "reference", {}),
    ("passage", "translation", {"reference": "john 11:35"}),
    ("compare", "reference", {}),
    ("random", "theme", {}),
    ("random", "translation", {}),
    ("daily on", "time", {}),
    ("daily on", "zone", {"time": "7:30"}),
    ("daily on", "translation", {"time": "7:30"}),
    ("daily on", "theme", {"time": "7:30"}),
)
TYPED = ("{}", "john 99:99 {}", "john {}", 'light "{}"')


def harmless(asked: Interaction) -> bool:
    live = re.sub(r"\\.", "", asked.text)  # without what is escaped
    return not any(piece in live for piece in HOSTILE)


@pytest.mark.parametrize(("command", "option", "others"), DOORS, ids=lambda door: str(door))
async def test_no_door_lets_markup_through(
    server: LoopbackDiscord,
    bot: BotProcess,
    chapel: Guild,
    command: str,
    option: str,
    others: dict[str, str],
) -> None:
    longest = 10 if option == "time" else 20 if option == "translation" else 40
    for piece in HOSTILE:
        for template in TYPED:
            if len(typed := template.format(piece)) <= longest:
                user = server.join(chapel, "Mallory", Permission.MANAGE_GUILD)
                asked = await server.slash(command, {**others, option: typed}, user=user, where=chapel)
                assert harmless(asked), asked.text
                if command == "daily on":
                    status = await server.slash("daily status", user=user, where=chapel)
                    assert harmless(status), status.text
    await server.slash("daily off", user=chapel.owner, where=chapel)


async def test_the_form_and_messages_of_others_neither(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, owner: User
) -> None:
    asked = await server.slash("verse", {"query": "number my days"}, user=ann, where=chapel)
    for piece in HOSTILE:
        formed = await server.click(asked.message, asked.message.button("👎")["custom_id"], user=ann)
        for typed in (piece, f"john 99:99 {piece}", f"john {piece}"):
            assert harmless(await server.submit_modal(formed, {"reference": typed}))
        said = await server.say(f'light "{piece}"', user=owner, where=chapel)
        finder = server.join(chapel, "Finder")
        assert harmless(await server.message_command("Find this verse", said, user=finder))
