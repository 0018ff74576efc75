"""How somebody at Longfetch goes through Okra's dialogs: by the words beside the fields, as people do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.demo.chronicle import Said
from bot.domain.confidence import Confidence
from bot.localslack.driver import DrivenPerson, Modal, Seen

# A slow machine's app may miss Slack's three seconds.
TRIES = 3


@dataclass(frozen=True)
class Told:
    """An answer that was given."""

    number: int
    colour: Confidence


def check_in(person: DrivenPerson, answers: Mapping[int, Said], *, prompt: Seen | None = None) -> list[Told]:
    """Answer one key result after the other, by number, until one has no answer; returns what was told.

    `prompt`: the message whose button is pressed; the newest that has one without it.
    """
    told: list[Told] = []
    tries = dict.fromkeys(answers, 0)
    _open(person, prompt)
    while (modal := person.modal) is not None and modal.submit_label is not None:
        number = _about(modal)
        if number is None or number not in answers or tries[number] == TRIES:
            break
        tries[number] += 1
        _fill(person, answers[number])
        person.submit()
        _confirm(person, number)
        if _about(person.modal) != number:
            told.append(Told(number, answers[number].colour))
    if person.modal is not None:
        person.close(whole_stack=True)
    return told


def _open(person: DrivenPerson, prompt: Seen | None) -> None:
    """Press *Check in*, and again where the app was too slow to open a dialog."""
    for _ in range(TRIES):
        person.press("Check in", in_=prompt)
        if person.modal is not None:
            return


def _about(modal: Modal | None) -> int | None:
    """The number of the key result that a dialog asks about."""
    _, found, number = (modal.title if modal is not None else "").partition("KR-")
    return int(number) if found and number.isdigit() else None


def _confirm(person: DrivenPerson, number: int) -> None:
    """Say that an odd value is really meant, where the dialog asks."""
    modal = person.modal
    if modal is None or _about(modal) != number:
        return
    odd = next((field for label, field in modal.fields.items() if label.startswith("Really")), None)
    if odd is not None:
        person.fill(odd.label, list(odd.options))
        person.submit()


def decide(person: DrivenPerson, about: Seen | str, *, text: str, owner: str, due: date) -> None:
    """Press *Decide* on a call for help, and say what, who and by when."""
    person.press("Decide", in_=about)
    person.fill("What is decided?", text)
    person.fill("Who makes it happen?", owner)
    person.fill("By when?", due.isoformat())
    person.submit()


def answer_note(person: DrivenPerson, note: Seen, text: str) -> None:
    """Answer a lead's note: what should stop or shift."""
    person.press("Answer", in_=note)
    modal = person.modal
    if modal is not None:
        person.fill(next(iter(modal.fields)), text)
        person.submit()


def _fill(person: DrivenPerson, said: Said) -> None:
    person.choose("How confident are you?", said.colour.value)
    labels = {
        "Current value": said.value,
        "Score now": said.value,
        "Where did it start?": said.start,
        "What changed since last week?": said.changed,
        "What is working, and what is stuck?": said.working,
        "What is the next move?": said.next_move,
        "Blocked by": said.blocked_by,
        "What do you need to make it happen?": said.need,
        "What is the plan?": said.plan,
        "Help": "I want help with this" if said.wants_help else "",
        "Would help change this?": "Yes, please ask for help" if said.wants_help else "",
    }
    shown = dict(person.modal.fields) if person.modal else {}
    for label, words in labels.items():
        field = next((field for name, field in shown.items() if name.startswith(label)), None)
        if words and field is not None and field.value != words:
            person.fill(field.label, words)
