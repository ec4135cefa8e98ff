"""`python -m bot.job_process index build`: a command line of `verse` as a job of the bot.

It ends when the bot ends, however that comes about, and leaves the processor to the bot's replies.
"""

import os

from bot.cli import app
from encoder import lifeline

_NICENESS = 10


def main() -> None:
    """Runs the command line given as arguments."""
    lifeline.hold()
    os.nice(_NICENESS)
    app()


if __name__ == "__main__":
    main()
