"""`verse start`, which is `make run`: from a fresh clone to a prompt, or to Discord."""

import asyncio
import subprocess
import sys
from contextlib import suppress

from rich.console import Console

from bot.console import run_chat
from bot.errors import StartUpError
from bot.settings import BotSettings
from index import snapshot
from index.errors import IndexingError
from index.settings import IndexSettings

NO_TOKEN = (
    "There is no DISCORD_TOKEN, so Discord is out of reach: put the bot's token into .env as"
    " DISCORD_TOKEN=…; until then you can search here."
)


def start_everything(settings: BotSettings, console: Console) -> None:
    """Builds the index if there is none that can be opened, then serves Discord, or chats without a token.

    Raises:
        StartUpError: the index could not be built, or Discord refuses.

    """
    _build_if_needed(settings, console)
    if settings.discord_token is None:
        console.print(NO_TOKEN, style="yellow", markup=False, soft_wrap=True)
        with suppress(KeyboardInterrupt):
            asyncio.run(run_chat(settings, console))
        return
    from bot.discord_app.run import run_bot
    from bot.logs import set_up_logging

    set_up_logging()
    asyncio.run(run_bot(settings))


def _build_if_needed(settings: BotSettings, console: Console) -> None:
    try:
        snapshot.verify(snapshot.current(IndexSettings(data_dir=settings.data_dir).index_dir))
    except IndexingError as error:
        console.print(f"{error} Building it now; this is done once.", markup=False, soft_wrap=True)
        # In its own process: it needs the model, and this one should stay small.
        status = subprocess.run([sys.executable, "-m", "bot", "index", "build"], check=False).returncode
        if status != 0:
            raise StartUpError("The index could not be built; what went wrong is said above.") from error
