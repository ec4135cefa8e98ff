"""An experiment on real questions: off by default, for keepers only, and going on after a restart."""

from pathlib import Path

from tests.bot.discord.process import own_bot
from tests.bot.discord.test_discord_admin import REFUSAL
from tests.bot.discord.test_discord_ratings import press
from tests.loopback import Guild, LoopbackDiscord, User

TEAMS = "SELECT team, count(*) FROM teams GROUP BY team ORDER BY team"


async def test_people_decide_between_two_ways_of_searching(
    owner: User, data_dir: Path, worker_url: str
) -> None:
    ann, manager = User("Ann"), User("Manager")
    guild = Guild("Chapel", owner=User("Abbot"), members=[owner, ann, manager])
    server = LoopbackDiscord(owner=owner, guilds=[guild])

    async def admin(command: str, user: User = owner, **options: object) -> str:
        asked = await server.slash(
            f"admin experiment {command}", options, user=user, where=guild, anyway=True
        )
        assert asked.ephemeral
        return asked.text

    async def ask(query: str) -> None:
        asked = await server.slash("verse", {"query": query}, user=ann, where=guild)
        await press(server, asked.message, "👍", ann)

    environment = {"VERSE_ENCODER_URL": worker_url, "VERSE_COOLDOWN_USES": "1000"}
    async with own_bot(server, data_dir, **environment) as bot:
        for command in ("start", "status", "stop"):
            assert await admin(command, manager) == REFUSAL
        assert await admin("status") == "No experiment was started yet."
        await ask("number my days")
        assert bot.rows(TEAMS) == []
        assert "Name one" in await admin("start")
        assert "no such index" in await admin("start", build="yesterday")
        assert "Started" in await admin("start", meaning=1.0)
        assert "is running" in await admin("start", meaning=0.0)
        await ask("satisfy us early with mercy")
        await ask("john 3:16")  # a look-up has nothing to compare
        drafted = dict(bot.rows(TEAMS))
        assert drafted.keys() == {"A", "B"}
        assert sum(drafted.values()) == 5
        assert "1 mixed answers" in await admin("status")
        assert bot.rows("SELECT count(*) FROM ratings r JOIN teams t USING (query_id, verse_id)") == [(1,)]

        assert await bot.stop() == 0
        await bot.start()
        await ask("neither death nor life shall separate us")
        said = await admin("status")
        assert "Running against a meaning share of 1: 2 mixed answers" in said
        assert "sign test" in said
        assert "won" in await admin("stop")
        assert "No experiment is running" in await admin("stop")
        assert "The last one" in await admin("status")
        before = bot.rows(TEAMS)
        await ask("the days of our years")
        assert bot.rows(TEAMS) == before
