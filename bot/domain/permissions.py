"""Who may do what: one pure function, `may`. Called first in every service command, and again when a post is sent."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from bot.domain.organisation import Visibility


class Action(enum.Enum):
    """All that somebody can ask for."""

    VIEW_KEY_RESULT = "view_key_result"
    ANSWER_CHECK_IN = "answer_check_in"
    CORRECT_ANSWER = "correct_answer"
    ACKNOWLEDGE_ESCALATION = "acknowledge_escalation"
    DECIDE = "decide"
    DECIDE_OUTSIDE = "decide_outside"
    TAKE_TO_REVIEW = "take_to_review"
    RESOLVE_ESCALATION = "resolve_escalation"
    ASK_FOR_HELP = "ask_for_help"
    NAME_BLOCKER = "name_blocker"
    ASK_OWNER = "ask_owner"
    MAKE_PRIVATE = "make_private"
    SETTLE_DECISION = "settle_decision"
    ANSWER_LEAD_NOTE = "answer_lead_note"
    SWITCH_TEAM_ON = "switch_team_on"
    SEE_FAILURES = "see_failures"
    EXCUSE_CHECK_IN = "excuse_check_in"
    HAND_OVER = "hand_over"
    ANSWER_HAND_OVER = "answer_hand_over"
    ANSWER_FOR_TEAM = "answer_for_team"
    SET_VALUE_RHYTHM = "set_value_rhythm"
    NAME_INITIATIVES = "name_initiatives"
    STEER = "steer"
    LIMIT = "limit"
    SHARE_OBJECTIVE = "share_objective"
    RUN_DIGEST = "run_digest"
    DISMISS_SIGNAL = "dismiss_signal"


@dataclass(frozen=True)
class Actor:
    """Who asks. Guests, bots and people of other organisations are not full members; those who left are not active."""

    member_id: int
    is_admin: bool = False
    is_full_member: bool = True
    is_active: bool = True


@dataclass(frozen=True)
class Facts:
    """What the answer depends on. Ids are member ids; `lead_ids_above` is nearest first: the team's, its parent's, …

    `escalation_member_ids` are those whom an escalation asked (about a decision: who decided it, and who owns it);
    `private` says that the question is about a private
    escalation, which is for its members only. `sponsor_ids` are the executive sponsors, the end of every path.
    `other_team_ids` speak for another team that is waited for: its leads above, and who was asked in it.
    `offered_to_id` was asked to own it.
    """

    owner_id: int | None = None
    co_owner_ids: frozenset[int] = frozenset()
    lead_ids_above: tuple[int, ...] = ()
    team_member_ids: frozenset[int] = frozenset()
    visibility: Visibility = Visibility.WORKSPACE
    named_ids: frozenset[int] = frozenset()
    escalation_member_ids: frozenset[int] = frozenset()
    private: bool = False
    sponsor_ids: frozenset[int] = frozenset()
    other_team_ids: frozenset[int] = frozenset()
    offered_to_id: int | None = None


def may(actor: Actor, action: Action, facts: Facts) -> bool:  # noqa: PLR0912 - a case for each action: it is a table
    """Whether `actor` may do `action`.

    Every full member sees every key result unless it is limited; its owner, a co-owner or a lead above may answer and
    name initiatives; who sees it may ask its owner; the leads above, those who were asked and the executive sponsor may
    decide; where nobody asked for help owner and co-owners may decide as well; owners, leads and those who were asked
    may make an escalation private; who owns a decision, who made it and the leads above may say what became of it;
    who speaks for another team that is waited for may answer for it; who is asked to own a key result may say whether
    they will; admins see settings and failures, not more: who may see something, and which teams share it, are
    settings, set also by an admin who may not see it. But for these and that offer nobody may act on what they may not
    see, and a private escalation is for its owners and its members (`escalation_member_ids`).
    """
    if not (actor.is_full_member and actor.is_active):
        return False
    me = actor.member_id
    responsible = me == facts.owner_id or me in facts.co_owner_ids
    asked = me in facts.escalation_member_ids
    leads = me in facts.lead_ids_above and (asked or not facts.private)
    sees = responsible or leads or asked or _is_open_to(me, facts)
    decides = leads or asked or (me in facts.sponsor_ids and _is_open_to(me, facts))
    match action:
        case Action.VIEW_KEY_RESULT | Action.NAME_BLOCKER | Action.ASK_OWNER:
            return sees
        case Action.ANSWER_CHECK_IN | Action.ASK_FOR_HELP | Action.NAME_INITIATIVES:
            return responsible or leads
        case Action.ACKNOWLEDGE_ESCALATION | Action.DECIDE | Action.TAKE_TO_REVIEW:
            return decides
        case Action.RESOLVE_ESCALATION | Action.DECIDE_OUTSIDE:
            return responsible or decides
        case Action.MAKE_PRIVATE:
            return responsible or leads or asked
        case Action.SETTLE_DECISION:
            return leads or asked
        case Action.ANSWER_FOR_TEAM:
            return sees and me in facts.other_team_ids
        case Action.ANSWER_HAND_OVER:
            return me == facts.offered_to_id
        case Action.HAND_OVER | Action.SET_VALUE_RHYTHM:
            return me == facts.owner_id or leads
        case Action.EXCUSE_CHECK_IN | Action.ANSWER_LEAD_NOTE | Action.CORRECT_ANSWER | Action.DISMISS_SIGNAL:
            return leads
        case Action.RUN_DIGEST:
            return leads or actor.is_admin
        case Action.SWITCH_TEAM_ON | Action.SEE_FAILURES | Action.STEER | Action.LIMIT | Action.SHARE_OBJECTIVE:
            return actor.is_admin


def _is_open_to(me: int, facts: Facts) -> bool:
    if facts.private:
        return False
    match facts.visibility:
        case Visibility.WORKSPACE:
            return True
        case Visibility.TEAM:
            return me in facts.team_member_ids or me in facts.named_ids
        case Visibility.NAMED:
            return me in facts.named_ids
