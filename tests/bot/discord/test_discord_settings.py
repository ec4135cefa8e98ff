"""`/settings`: one panel, for a person and for a server."""

import re

import pytest

from tests.bot.discord.process import BotProcess
from tests.loopback import Guild, Interaction, LoopbackDiscord, Message, Permission, User

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ask(server: LoopbackDiscord, user: User, where: Guild | None, **options: object) -> Interaction:
    return await server.slash("verse", {"query": "number our days", **options}, user=user, where=where)


def button(panel: Interaction, label: str) -> str:
    (found,) = [item for item in panel.message.buttons if label in item.get("label", "")]
    return str(found["custom_id"])


async def test_a_person_chooses_translation_style_and_privacy(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    panel = await server.slash("settings", user=ann, where=chapel)
    assert panel.ephemeral
    await server.select(panel.message, "v1:set:me:translation", ["KJV"], user=ann)
    await server.select(panel.message, "v1:set:me:style", ["quote"], user=ann)
    asked = await ask(server, ann, chapel)
    assert "apply our hearts unto wisdom" in asked.message.content.replace("*", "")
    assert asked.message.content.startswith("> **Psalm 90:12** (KJV)")
    assert not asked.message.embeds
    opened = await server.select(
        asked.message,
        asked.message.selects[0]["custom_id"],
        [asked.message.selects[0]["options"][1]["value"]],
        user=ann,
    )
    assert opened.message.content.startswith("> **")
    assert (await ask(server, ann, chapel, translation="WEB")).message.content.startswith(
        "> **Psalm 90:12** (WEB)"
    )

    await server.click(panel.message, button(panel, "Private answers: off"), user=ann)
    assert (await ask(server, ann, chapel)).ephemeral
    assert not (await ask(server, ann, chapel, private=False)).ephemeral


async def test_verse_numbers_can_be_left_out(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    numbered = await server.slash("passage", {"reference": "psalm 23:1-2"}, user=ann, where=chapel)
    assert "**2** He makes me" in numbered.text
    panel = await server.slash("settings", user=ann, where=chapel)
    await server.click(panel.message, button(panel, "Verse numbers: on"), user=ann)
    assert button(panel, "Verse numbers: off")
    plain = await server.slash("passage", {"reference": "psalm 23:1-2"}, user=ann, where=chapel)
    assert "lack nothing. He makes me" in plain.text


async def test_a_server_chooses_for_those_who_did_not(
    server: LoopbackDiscord, bot: BotProcess, abbey: Guild
) -> None:
    abbot, ann = abbey.owner, server.join(abbey, "Ann")
    thread = abbey.threads[0]
    panel = await server.slash("settings", user=abbot, where=abbey)
    await server.click(panel.message, button(panel, "This server"), user=abbot)
    await server.select(panel.message, "v1:set:server:translation", ["KJV"], user=abbot)
    await server.select(panel.message, "v1:set:channels", [abbey.channel("verses")], user=abbot)
    await server.click(panel.message, button(panel, "under answers: on"), user=abbot)
    outside = await ask(server, ann, abbey)
    assert outside.ephemeral
    assert "King James Version" in outside.text
    for where in (abbey.channel("verses"), thread):
        inside = await server.slash("verse", {"query": "number our days"}, user=ann, where=where)
        assert not inside.ephemeral
        assert not inside.message.reactions
    # Elsewhere that server's choice does not count.
    assert "World English Bible" in (await ask(server, ann, None)).text
    audit = bot.rows("SELECT action FROM audit WHERE action = 'server settings'")
    assert len(audit) == 3


async def test_who_does_not_manage_a_server_cannot_change_it(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    panel = await server.slash("settings", user=ann, where=chapel)
    assert "This server" not in str(panel.message.buttons)
    chapel.add(ben, Permission.MANAGE_GUILD)
    opened = await server.slash("settings", user=ben, where=chapel)
    await server.click(opened.message, button(opened, "This server"), user=ben)
    chapel.add(ben)  # no longer
    refused = await server.select(opened.message, "v1:set:server:translation", ["KJV"], user=ben)
    assert "Manage Server" in refused.text
    assert "World English Bible" in (await ask(server, ann, chapel)).text


async def figures(server: LoopbackDiscord, panel: Interaction, user: User) -> Message:
    asked = await server.click(panel.message, button(panel, "Statistics"), user=user)
    await server.until(lambda: asked.followups or asked.message.text, what="the figures")
    assert asked.ephemeral
    return asked.followups[-1] if asked.followups else asked.message


async def test_who_manages_a_server_sees_its_figures_and_no_others(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, abbey: Guild, owner: User
) -> None:
    panels = {}
    for guild in (chapel, abbey):
        panels[guild] = await server.slash("settings", user=guild.owner, where=guild)
        await server.click(panels[guild].message, button(panels[guild], "This server"), user=guild.owner)
    before = {guild: await figures(server, panels[guild], guild.owner) for guild in panels}
    for number in range(3):
        asked = await ask(server, server.join(chapel, f"Guest {number}"), chapel)
        if number == 0:  # asked by one alone, so it is nobody else's to see
            await server.slash("verse", {"query": "matthew 1:2"}, user=asked.user, where=chapel)
    await server.click(asked.message, asked.message.button("👍")["custom_id"], user=asked.user)

    def counts(message: Message) -> list[int]:
        return [int(found) for found in re.findall(r"^(\d+)(?: 👍.*)?$", message.text, re.MULTILINE)]

    after = await figures(server, panels[chapel], chapel.owner)
    assert [b - a for a, b in zip(counts(before[chapel]), counts(after), strict=True)] == [4, 3, 1]
    assert "Psalm 90:12" in after.text
    assert "Matthew 1:2" not in after.text
    assert "number our days" not in after.text
    assert after.attachments[0].content.startswith(b"\x89PNG")
    elsewhere = await figures(server, panels[abbey], abbey.owner)
    assert elsewhere.text == before[abbey].text

    # Who keeps the whole installation but does not manage this server is refused like anybody.
    chapel.add(owner, Permission.MANAGE_GUILD)
    panel = await server.slash("settings", user=owner, where=chapel)
    await server.click(panel.message, button(panel, "This server"), user=owner)
    chapel.add(owner)
    refused = await server.click(panel.message, button(panel, "Statistics"), user=owner)
    assert "Manage Server" in refused.text
