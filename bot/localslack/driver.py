"""Drives the people of a local Slack, for tests and demos, by what they see.

    with LocalSlackServer(LocalSlack(from_manifest(manifest))) as server:   # or a server in another process
        slack = Driver(server.base_url)
        mere = slack.add_person("Mere Ngata", tz="Pacific/Auckland")
        lead = slack.add_person("Tama Reid", tz="Pacific/Auckland")
        slack.add_channel("growth-leads", members=[mere, lead], with_app=True)
        # start the app against server.api_url, then:
        slack.wait_until_connected()

        mere.command("/kr 12 45 yellow waiting").text      # what came back
        mere.press("Check in")                              # waits until the app has answered
        mere.modal.title, mere.modal.fields["Current value"].value
        mere.fill("Current value", "45"); mere.fill("Colour", "🔴 red")
        mere.submit()
        mere.modal.errors                                   # by the label of the field; {} or modal None when it went
        slack.wait_for(lambda: lead.channel("growth-leads").thread_of("KR-15"))
        lead.channel("growth-leads").messages[-1].press("I'll take it")     # this copy, however old
        lead.press("I'll take it", in_="KR-15")             # the message as it is now
        mere.open_home(); mere.home.text; mere.press("My key results")
        mere.direct_messages()[-1].text, .buttons, .menus, .headline, .metadata
        lead.notifications()[-1].why                        # direct message | mention | channel mention | thread reply
        slack.jump_to(datetime(2026, 11, 23, 9, tzinfo=UTC))
        mere.submit(times=2); mere.submit_twice_at_once(); slack.redeliver("message")
        slack.faults.add(Fault(FaultKind.DROPPED_AFTER, "chat.*", probability=0.1)); slack.faults.counts

Every act waits (for the app's answer, at most the 3 s that Slack gives it) and returns an `Outcome`: `.text`,
`.messages`, `.modal`, `.error` (what Slack itself says when the app failed). What the app posts later is awaited with
`wait_for`.
Something that nobody sees raises `NotSeen`, which says what is there; something that Slack forbids raises `Refused`.
"""

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

from bot.localslack.driven import DrivenPerson, Room
from bot.localslack.faults import Fault, FaultKind
from bot.localslack.seen import Control, Field, Home, Modal, Note, Outcome, Seen, Surface
from bot.localslack.state import Sharing
from bot.localslack.wire import NotSeen, Refused, WaitedInVain, Wire

__all__ = [
    "Control",
    "DrivenFaults",
    "DrivenPerson",
    "Driver",
    "Fault",
    "FaultKind",
    "Field",
    "Home",
    "Modal",
    "NotSeen",
    "Note",
    "Outcome",
    "Refused",
    "Room",
    "Seen",
    "Surface",
    "WaitedInVain",
]

Json = dict[str, Any]
T = TypeVar("T")


class DrivenFaults:
    """The faults of a local Slack: `Driver.faults`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def add(self, *faults: Fault) -> None:
        """Let these go wrong from now on."""
        self._wire.post("faults", add=[one.to_json() for one in faults])

    def clear(self) -> None:
        """Let everything go well again. What was counted stays counted."""
        self._wire.post("faults", clear=True)

    def reseed(self, seed: int | str) -> None:
        """Begin anew from another seed, without rules and counts."""
        self._wire.post("faults", seed=seed)

    @property
    def counts(self) -> dict[str, int]:
        """How often each went wrong, by the value of its FaultKind; and `called_too_early`."""
        found: dict[str, int] = self._wire.get("faults")["counts"]
        return found


class Driver:
    """A hand on a local Slack's control API. It keeps no state, so any number of them may work at once."""

    def __init__(self, base_url: str) -> None:
        """`base_url`: of the server (`LocalSlackServer.base_url`)."""
        self._wire = Wire(base_url)

    # Time

    def now(self) -> datetime:
        return datetime.fromisoformat(self._wire.get("clock")["now"])

    def jump_to(self, instant: datetime) -> datetime:
        """Push the clock forward to an aware instant; it never goes back."""
        return datetime.fromisoformat(self._wire.post("clock", to=instant.isoformat())["now"])

    def wait_for(self, predicate: Callable[[], T], *, timeout: float = 10.0, what: str = "") -> T:
        """Wait until `predicate` gives something true and return it; it is asked again at every change in the
        workspace. NotSeen in it counts as false. Raises WaitedInVain after `timeout` seconds."""
        end = monotonic() + timeout
        trouble: NotSeen | None = None
        while True:
            revision = self._wire.get("changes")["revision"]
            try:
                found = predicate()
                if found:
                    return found
            except NotSeen as problem:
                trouble = problem
            left = end - monotonic()
            if left <= 0:
                raise WaitedInVain(f"{what or 'what was awaited'} did not come within {timeout} s. {trouble or ''}")
            self._wire.get("changes", after=revision, seconds=left)

    def wait_until_connected(self, connections: int = 1, *, timeout: float = 10.0) -> None:
        """Wait until the app has at least this many Socket Mode connections."""
        self.wait_for(lambda: self.connections() >= connections, timeout=timeout, what="the app's connection")

    # People and channels

    def person(self, name: str) -> DrivenPerson:
        """Somebody by the name that others see, the real name or the handle. Raises NotSeen."""
        found = self._wire.get("people", named=name)
        if not found["people"]:
            raise NotSeen(f"nobody is called {name!r}; there are: {found['names']}")
        return DrivenPerson(self._wire, found["people"][0])

    def add_person(self, real_name: str, *, tz: str = "Etc/UTC", joins: bool = False, **fields: Any) -> DrivenPerson:
        """Add somebody; `joins`: the app hears of it. Fields: email, display_name, is_admin, is_restricted, …"""
        raw = self._wire.post("people", real_name=real_name, tz=tz, joins=joins, **fields)
        return DrivenPerson(self._wire, raw)

    def add_channel(
        self, name: str, *, members: list[DrivenPerson] | None = None, with_app: bool = True, private: bool = False
    ) -> str:
        """Make a channel; returns its id, which a test needs only to configure the app."""
        ids = [one.id for one in members or []]
        raw = self._wire.post("channels", name=name, members=ids, with_app=with_app, private=private)
        channel_id: str = raw["id"]
        return channel_id

    def joins(self, channel: str, who: DrivenPerson | None = None) -> None:
        """Somebody, or the app when nobody is named, joins a channel."""
        self._wire.post("channels", channel.removeprefix("#"), joins=who.id if who is not None else "app")

    def leaves(self, channel: str, who: DrivenPerson | None = None) -> None:
        """Somebody leaves a channel; the app, when nobody is named, is removed from it."""
        self._wire.post("channels", channel.removeprefix("#"), leaves=who.id if who is not None else "app")

    def archive(self, channel: str, *, archived: bool = True) -> None:
        self._wire.post("channels", channel.removeprefix("#"), archived=archived)

    def share(self, channel: str, sharing: Sharing = Sharing.SHARED) -> None:
        """Another organisation is asked into a channel, comes in, or is no longer in it (Slack Connect)."""
        self._wire.post("channels", channel.removeprefix("#"), sharing=sharing.value)

    # The app

    def install(self, manifest: Json, *, url: str | None = None, **secrets: str) -> None:
        """Give the app another manifest; `url`: where it listens over HTTP. Secrets: bot_token, app_token,
        signing_secret, app_id."""
        self._wire.post("app", manifest=manifest, url=url, secrets=secrets)

    def connections(self) -> int:
        """How many Socket Mode connections are open."""
        return int(self._wire.get("sockets")["connections"])

    def disconnect(self, reason: str | None = "refresh_requested") -> None:
        """Tell every connection to go: warning, refresh_requested or link_disabled; None cuts the cable; half_open:
        it looks open and nothing goes through it any more."""
        self._wire.post("sockets", reason=reason)

    def redeliver(self, event: str | None = None) -> None:
        """Send the last event that a person caused once more (of a type, when given), with its event_id; waits."""
        self._wire.post("redeliver", event=event)

    def uninstall(self) -> None:
        self._wire.post("workspace", uninstall=True)

    def revoke_tokens(self) -> None:
        self._wire.post("workspace", revoke_tokens=True)

    def refuse_blocks(self, *types: str) -> None:
        """From now on messages with blocks of these types are refused, as by a Slack that does not have them yet."""
        self._wire.post("workspace", refused_blocks=list(types))

    def set_limits(self, on: bool, **limits: float) -> None:
        """Turn Slack's rate limits on or off (off at first). `limits`: other numbers than Slack's, see SlackLimits."""
        self._wire.post("workspace", limits=limits if on and limits else on)

    @property
    def faults(self) -> DrivenFaults:
        """What goes wrong on purpose."""
        return DrivenFaults(self._wire)

    # Looking behind the screen

    def deliveries(self) -> list[Json]:
        """What the app was sent and how it answered, oldest first."""
        found: list[Json] = self._wire.get("deliveries")["deliveries"]
        return found

    def calls(self, method: str | None = None) -> list[Json]:
        """The Web API calls of the app: method, arguments, answer, status, fault (what went wrong, or null)."""
        query = {} if method is None else {"method": method}
        found: list[Json] = self._wire.get("calls", **query)["calls"]
        return found

    @property
    def unknown_methods(self) -> dict[str, int]:
        """Methods that the app called and this Slack does not speak, with how often."""
        found: dict[str, int] = self._wire.get("unknown_methods")["methods"]
        return found
