"""One sentence for each reason of a refusal: what was wrong, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.blocks.away import cover_cannot
from bot.blocks.decisions import only_these_decide, only_these_may_settle, settled_already
from bot.blocks.escalation_words import only_these_may
from bot.blocks.hand_over import cannot_own, owns_already
from bot.blocks.snooze import asked_again_already, no_time_left
from bot.blocks.text import given_back, said
from bot.blocks.understanding import answered_since
from bot.domain.refusals import Reason

Facts = Mapping[str, Any]


def _comes_next(facts: Facts) -> str:
    """When the next check-in opens; none is promised that no cycle asks for."""
    if facts["next"] is None:
        return "No other check-in is planned until the next cycle begins."
    return f"The next check-in opens {facts['next']}."


_SENTENCES: Mapping[Reason, Callable[[Facts], str]] = {
    Reason.NOT_FOR_YOU: lambda f: (
        f"KR-{f['number']} is {said(str(f['owner']), 80)}'s to answer. `/kr {f['number']}` shows it."
        if f.get("owner")
        else "This one is for its owner, a co-owner or a lead above to answer. Thank you for looking."
    ),
    Reason.NOT_A_FULL_MEMBER: lambda f: "Okra is for full members of this workspace.",
    Reason.NO_SUCH_KEY_RESULT: lambda f: (
        f"There is no KR-{f['number']} that you can see. `/okr` lists yours, `/okr company` everybody's."
        if "number" in f
        else "I can't find that key result. `/okr` lists yours, `/okr company` everybody's."
    ),
    Reason.KEY_RESULT_CLOSED: lambda f: (
        f"KR-{f['number']} is closed, so its check-ins are over. `/kr {f['number']}` shows it."
    ),
    Reason.KEY_RESULT_DRAFT: lambda f: (
        f"KR-{f['number']} is a draft without an owner, so there is no check-in. "
        f"A lead above it can give it one: `/okr handover {f['number']}`."
    ),
    Reason.CYCLE_NOT_ACTIVE: lambda f: (
        f"KR-{f['number']} belongs to a cycle that is not running, so there is no check-in."
    ),
    Reason.TEAM_OFF: lambda f: f"{said(str(f['team']), 80)} has not joined Okra yet. An admin switches a team on.",
    Reason.PERIOD_OVER: lambda f: (
        "That was an earlier week's check-in, and its week is over. This week's is in your newest message from me, "
        "or type `/kr` with the key result's number."
    ),
    Reason.NOTHING_SINCE: lambda f: f"That was an earlier week's check-in, and its week is over. {_comes_next(f)}",
    Reason.DIGEST_OUT: lambda f: f"This week's digest is out, so its answers stand. {_comes_next(f)}",
    Reason.NOTHING_DUE: lambda f: "Nothing is due from you right now. `/okr` shows your key results.",
    Reason.ALREADY_ANSWERED: lambda f: "That check-in is answered already. Thank you.",
    Reason.NOT_YOUR_ESCALATION: lambda f: only_these_may(f["names"]),
    Reason.NO_SUCH_ESCALATION: lambda f: (
        "I can't find that request for help any more. `/okr agenda` lists what is open."
    ),
    Reason.ESCALATION_RESOLVED: lambda f: "This request for help is resolved already. A new red asks for help again.",
    Reason.ALREADY_TAKEN: lambda f: f"{said(str(f['name']), 80)} has taken this already. You can still decide.",
    Reason.ALREADY_IN_REVIEW: lambda f: (
        f"{said(str(f['name']), 80)} is taking this to the team's next review already. You can still decide."
    ),
    Reason.ALREADY_DECIDED: lambda f: (
        f"{said(str(f['name']), 80)} has decided about this already: the decision is in the thread."
    ),
    Reason.NEEDS_A_DECISION: lambda f: (
        "It can be resolved once a decision is recorded, with its owner and date. Press *Decide*, "
        "or say why no decision was needed."
    ),
    Reason.NOT_YOURS_TO_ASK: lambda f: (
        f"Help with KR-{f['number']} is asked for by its owner or a lead above. What is in its way you can show too: "
        "*Turn into a blocker*, in the menu of any message."
    ),
    Reason.PRIVATE_ALREADY: lambda f: "This is private already: only those whom it concerns see it.",
    Reason.NOT_YOUR_DECISION: lambda f: only_these_may_settle(f["names"]),
    Reason.NOT_YOURS_TO_DECIDE: lambda f: only_these_decide(f["number"], f["names"]),
    Reason.NOTHING_TO_DECIDE: lambda f: f"KR-{f['number']} is closed, so there is nothing to decide about it any more.",
    Reason.NO_SUCH_DECISION: lambda f: "I can't find that decision any more.",
    Reason.DECISION_SETTLED: lambda f: settled_already(str(f["name"]), is_done=f["is_done"]),
    Reason.DECISION_HAS_OWNER: lambda f: f"{said(f['name'], 80)} is here and makes this happen, so it stays theirs.",
    Reason.NO_SUCH_PERSON: lambda f: (
        f"Nobody here is “{said(f['name'], 80)}” for certain. An email address or a Slack id tells people apart."
    ),
    Reason.NOT_TAKING_PART: lambda f: f"{said(f['name'], 80)} is a guest, a bot or has left, and cannot be asked.",
    Reason.NO_SUCH_TEAM: lambda f: (
        f"There is no team “{said(str(f['team']), 80)}” here. `/okr company` lists the teams."
        if "team" in f
        else "I can't find that team any more. `/okr company` lists the teams."
    ),
    Reason.CANNOT_COVER: lambda f: cover_cannot(said(f["name"], 80) if f.get("name") else None),
    Reason.NO_SUCH_ABSENCE: lambda f: "I don't find these days away any more. `/okr back` lists yours.",
    Reason.REMINDED_TWICE: lambda f: (
        f"{said(str(f['name']), 80)} was reminded twice this week, and I leave it at that. "
        "A word from you may help more."
    ),
    Reason.CHECK_IN_SETTLED: lambda f: "This check-in is not open any more: the note shows how it stands now.",
    Reason.CANNOT_OWN: lambda f: cannot_own(f.get("name")),
    Reason.OWNS_IT_ALREADY: lambda f: owns_already(str(f["name"]), f["number"]),
    Reason.NOT_YOURS_TO_GIVE: lambda f: (
        f"KR-{f['number']} can be handed over by its owner or a lead above. `/kr {f['number']}` shows whose it is."
    ),
    Reason.NOT_ASKED_OF_YOU: lambda f: "That question was for somebody else. Thank you for looking.",
    Reason.HAND_OVER_SETTLED: lambda f: "That is settled already: nothing to do.",
    Reason.WAITS_NO_MORE: lambda f: "Nobody waits for this any more: nothing to do. Thank you.",
    Reason.ADMINS_ONLY: lambda f: "Only an admin of Okra can do that. Your own hour and zone: `/okr settings`.",
    Reason.NO_DIGEST_YET: lambda f: f"{said(str(f.get('team', '')), 80)} has no digest to export yet.",
    Reason.NO_SUCH_CYCLE: lambda f: (
        f"There is no cycle “{said(str(f.get('cycle', '')), 80)}” with a first and a last day here."
    ),
    Reason.NO_TEAM_OF_YOURS: lambda f: (
        "You belong to no team yet. Type the command with a team's name; `/okr company` lists them."
    ),
    Reason.NOT_YOUR_SIGNAL: lambda f: "A question about a team is put aside by its lead, or by a lead above.",
    Reason.NO_SUCH_SIGNAL: lambda f: "That question is settled already: `/okr signals` lists those that are open.",
    Reason.NOTE_OVER: lambda f: "That digest has been sent, so its question is closed. The next note asks again.",
    Reason.ASKED_AGAIN: lambda f: asked_again_already(str(f["closes"])),
    Reason.NO_TIME_LEFT: lambda f: no_time_left(str(f["closes"])),
    Reason.NOBODY_TO_TELL: lambda f: (
        f"There is no lead above you here to tell that KR-{f['number']} is not yours. "
        f"You can give it to somebody else: `/okr handover {f['number']}`."
    ),
    Reason.CORRECTED_BY_A_LEAD: lambda f: (
        f"After its digest, an answer about KR-{f['number']} can be corrected by a lead above its owner."
    ),
    Reason.NOTHING_TO_CORRECT: lambda f: (
        f"There is no answer about KR-{f['number']} to correct. `/kr {f['number']}` shows it."
    ),
    Reason.NOT_YET_TO_CORRECT: lambda f: (
        f"The digest is not out yet: `/kr {f['number']}`, then *Update*, changes the answer without a reason."
    ),
    Reason.NOTHING_WAITS: lambda f: "That is settled already, so nothing was changed.",
    Reason.NOT_COMPLETE: lambda f: (
        f"Something has changed since I wrote that, so I can't save it for {f['label']} as it is. "
        "Press *Edit* there, or write it once more."
    ),
    Reason.ANSWERED_SINCE: lambda f: answered_since(str(f["label"])),
    Reason.NO_SUCH_DIGEST: lambda f: "I can't find that digest any more. The newest one stands in your team's channel.",
    Reason.NOT_YOUR_DIGEST: lambda f: (
        f"The digest of {said(str(f['team']), 80)} is run by its lead, the leads above and the admins."
    ),
    Reason.NO_DIGEST_CHANNEL: lambda f: (
        f"{said(str(f['team']), 80)} has no channel for its digest. *Post in a channel of my choice* goes anywhere."
    ),
    Reason.NOTHING_TO_TELL: lambda f: f"{said(str(f['team']), 80)} has no key result that a digest could tell of.",
    Reason.NOBODY_TO_ASK: lambda f: (
        f"Nobody owns KR-{f['number']} right now. Its lead is the one to ask; `/kr {f['number']}` shows more."
    ),
    Reason.OWNER_IS_YOU: lambda f: f"KR-{f['number']} is yours. `/kr {f['number']}` shows it, and updates it.",
}


def sentence(reason: Reason, facts: Facts) -> str:
    """The sentence for a reason. `facts` are what `Refused` was raised with.

    `typed` among them: what came with it in a command, which nothing else keeps, so it is given back.
    """
    return given_back(_SENTENCES[reason](facts), str(facts.get("typed") or ""))
