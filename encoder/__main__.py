"""`python -m encoder worker`: how a supervisor starts this room without knowing the others."""

from encoder.cli import app

if __name__ == "__main__":
    app()
