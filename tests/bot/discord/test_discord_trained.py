"""What stands under the message of a training run that ended: promote it, or discard it."""

import json
import sqlite3
from typing import Any

import aiohttp
import pytest

from bot.discord_app.job_items import ended_view
from bot.store.jobs import JobRecord
from tests.bot.discord.process import BotProcess
from tests.loopback import Guild, LoopbackDiscord, Message, User

pytestmark = pytest.mark.asyncio(loop_scope="session")

RUN = "discord-77"
STEPS = json.dumps([["train", "finetune", "--run", RUN, "--minutes", "1"]])


async def written_by_the_bot(server: LoopbackDiscord, guild: Guild, body: dict[str, Any]) -> Message:
    """A message of an earlier life of the bot."""
    url = f"{server.url}/channels/{guild.channel().id}/messages"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bot {server.token}"}) as session,
        session.post(url, json=body) as response,
    ):
        assert response.status == 200
    return server.messages(guild.channel())[-1]


async def test_only_keepers_promote_or_discard_what_was_trained(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, owner: User
) -> None:
    run = bot.data_dir / "runs" / RUN
    (run / "model").mkdir(parents=True)
    with sqlite3.connect(bot.data_dir / "verse.sqlite3", timeout=60) as connection:
        connection.execute(
            "INSERT INTO jobs (id, kind, steps, state, who, started_at) VALUES (77, 'train', ?, 'done', '', 0)",
            (STEPS,),
        )
    connection.close()
    view = ended_view(JobRecord(77, "train", STEPS, "done", "", None, None, 0, None, None))
    assert view is not None
    message = await written_by_the_bot(
        server, chapel, {"content": "train done", "components": view.to_components()}
    )
    promote, discard = (message.button(label)["custom_id"] for label in ("Promote", "Discard"))
    for custom_id in (promote, discard):
        refused = await server.click(message, custom_id, user=chapel.owner)
        assert "people who run this bot" in refused.text
    assert run.is_dir()

    await server.click(message, promote, user=owner)
    # There is no model in that directory, and the job says so instead of putting it in use.
    await bot.eventually("SELECT state FROM jobs WHERE kind = 'promote'", expected=[("failed",)])
    ((outcome,),) = bot.rows("SELECT outcome FROM jobs WHERE kind = 'promote'")
    assert RUN in outcome
    assert "Traceback" not in outcome

    discarded = await server.click(message, discard, user=owner)
    await server.until(lambda: discarded.followups, what="the keeper is told")
    assert "discarded" in discarded.followups[-1].text
    assert not run.exists()
    assert not message.buttons
    assert bot.rows("SELECT details FROM audit WHERE action = 'discard'") == [(RUN,)]
