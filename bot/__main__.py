"""Hands over to the command line."""

from __future__ import annotations


def main() -> None:
    """The console script `okra`."""
    from bot.cli import app

    app()


if __name__ == "__main__":
    main()
