"""The check-in's dialog as it comes back from Slack: what it is about, and what stands in its fields."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.blocks.checkin_modal import HELP, SAME, SURE
from bot.blocks.checkin_parts import Choice, Course, Filled, Question
from bot.blocks.ids import Act, Typed
from bot.domain.cadence import Period
from bot.domain.confidence import Confidence
from bot.services.refusals import Reason
from handlers.ids import parse_id
from handlers.periods import parse_period
from handlers.request import OpenView
from models import AnswerSource


@dataclass(frozen=True)
class About:
    """What an open dialog is about, as its metadata says. `definition`: the revision that it shows; null where it was
    opened by a version that did not say."""

    key_result_id: int
    period: Period
    run: bool
    course: Course
    definition: int | None = None

    @property
    def source(self) -> AnswerSource:
        return AnswerSource.UNCHANGED if self.course.unchanged else AnswerSource(self.course.source)

    @property
    def key(self) -> str:
        """What the ids of its fields end in."""
        return self.course.key(self.key_result_id)

    def is_of_before(self, asked: Question) -> bool:
        """Whether the key result measures something else by now than the dialog shows."""
        return self.definition is not None and self.definition < asked.measured_since


def about_of(view: OpenView) -> About:
    """Reads the metadata."""
    metadata = view.metadata
    understanding, definition = metadata.get("understanding"), metadata.get("definition")
    return About(
        key_result_id=parse_id(metadata["kr"], Reason.NOTHING_DUE),
        period=parse_period(metadata["period"]),
        run=bool(metadata["run"]),
        course=Course(
            source=str(metadata["source"]),
            unchanged=bool(metadata.get("unchanged")),
            staying=bool(metadata.get("staying")),
            anew=int(metadata.get("anew", 0)),
            understanding=parse_id(understanding, Reason.NOTHING_WAITS) if understanding else None,
            sure_of=str(metadata.get("sure_of", "")),
        ),
        definition=int(definition) if definition else None,
    )


def is_sure(view: OpenView, about: About, filled: Filled) -> bool:
    """Whether the box beside an odd value is ticked, and the value is the one that it asked about."""
    return SURE in view.options(Typed.REALLY) and about.course.sure_of == filled.value


def lacks_fields(view: OpenView, colour: Confidence) -> bool:
    """Whether the dialog does not show yet what this colour asks for; red after yellow lacks the plan only."""
    return (colour.wants_more and not view.has(Typed.NEED)) or (colour is Confidence.RED and not view.has(Typed.PLAN))


def typed(view: OpenView, asked: Question, about: About) -> Filled:
    """What stands in the fields now; no value of another measure than the one that is asked for."""
    filled = _typed(view, asked, about.course)
    return replace(filled, value="", start="") if about.is_of_before(asked) else filled


def _typed(view: OpenView, asked: Question, course: Course) -> Filled:
    chosen, words = view.option(Act.BLOCKED_BY), view.option_text(Act.BLOCKED_BY)
    blocked_by = Choice(words, chosen) if chosen and words else None
    colour = view.option(Act.CONFIDENCE)
    filled = Filled(
        # Where the value stays as it is, there is no field for it.
        value=asked.brought.value if course.unchanged else view.text(Typed.VALUE),
        start=view.text(Typed.START),
        confidence=Confidence(colour) if colour else None,
        changed=view.text(Typed.CHANGED),
        working=view.text(Typed.WORKING),
        next_move=view.text(Typed.NEXT_MOVE),
        blocked_by=blocked_by,
        same_blocker=SAME in view.options(Typed.SAME_BLOCKER) if view.has(Typed.SAME_BLOCKER) else True,
        wants_help=HELP in view.options(Typed.WANTS_HELP),
        need=view.text(Typed.NEED),
        plan=view.text(Typed.PLAN),
    )
    if not view.has(Typed.NEED):
        # The fields of yellow and red are not there yet; they come as the question brings them.
        before = asked.filled
        return replace(
            filled,
            blocked_by=before.blocked_by,
            same_blocker=before.same_blocker,
            wants_help=before.wants_help,
            need=before.need,
            plan=before.plan,
        )
    was_chosen_here = blocked_by != asked.brought.blocked_by
    more = bool(filled.need or filled.plan or filled.wants_help or was_chosen_here)
    return replace(filled, keeps_more=more)
