"""`python -m bot` is `verse`."""

from bot.cli import app

if __name__ == "__main__":
    app()
