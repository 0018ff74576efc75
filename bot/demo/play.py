"""`okra demo`: starts everything, plays the week, and stays for who is there."""

from __future__ import annotations

import logging
import socket
import sys
import threading

from bot.demo import visit, week
from bot.demo.beside import Beside
from bot.demo.director import Director
from bot.demo.terminal import heading, tell
from bot.demo.town import ARRIVAL, COMPANY, Town, open_town
from bot.localslack.page import BUNDLE
from bot.logs import set_up
from bot.settings import LogFormat, SettingsError
from migrations.run import AnothersProgramme

# Where the page is, unless something else is there.
PORT = 8765


def play(*, port: int | None = None, terminal_only: bool = False, stay: bool = False) -> int:
    """Play the week, and stay open for a terminal, or where `stay` says so. Returns the exit code.

    `port`: where Slack and its page are; None for the usual one, or a free one where that is taken. `terminal_only`
    offers no page.
    """
    # A pause for the database is no news to a visitor; what breaks is.
    set_up(LogFormat.CONSOLE, level=logging.ERROR)
    in_terminal = sys.stdin.isatty()
    stays = in_terminal or stay
    shows_page = stays and not terminal_only and (BUNDLE / "index.html").is_file()
    if port is not None and not _is_free(port):
        print(f"Something else listens on port {port}. Name another one, or none.", file=sys.stderr)
        return 1
    if port is None:
        port = PORT if stays and _is_free(PORT) else 0
    print("Starting a Slack and Okra on this machine…")

    beside = Beside(COMPANY, ARRIVAL)

    def before(town: Town) -> None:
        beside.now = town.now
        if shows_page:
            tell(f"In your browser: {town.address}")
            tell("It fills while you read here. When the eighth week is over, a guide takes you on from there.")
        week.until_then(town)

    try:
        with open_town(port=port, side=beside, before=before) as town:
            for station in week.STATIONS:
                station(town)
            if stays:
                _stay(town, beside, in_terminal=in_terminal, shows_page=shows_page)
    except SettingsError as refused:
        print(refused, file=sys.stderr)
        return 1
    except AnothersProgramme as held:
        print(
            f"The database in OKRA_DATABASE_URL holds the programme of “{held.name}”, and the demo begins with an "
            "empty one. Name another database, or none for a temporary SQLite.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print()
    return 0


def _stay(town: Town, beside: Beside, *, in_terminal: bool, shows_page: bool) -> None:
    """On to the next Monday; from there on visitors make time pass, in the page and in the terminal."""
    week.until_the_visitor_comes(town)
    town.read_everything()
    director = Director(town, changed=town.nudge)
    director.begin()
    beside.director = director
    town.nudge()
    heading("Now it is yours")
    if shows_page:
        tell(f"In your browser: {town.address} with a guide. Ctrl-C ends it all.")
    try:
        if in_terminal:
            visit.stay(town, director)
        else:
            threading.Event().wait()
    finally:
        director.stop()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server does: what lingers from a run that has just ended is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
