"""A call for help as people see it: up the path to a decision and its follow-up, to a review, to another target."""

from __future__ import annotations

from story import Okra
from visitor import Visitor

NINE_IN_LONDON = "2026-10-05 08:00"


def turn_red(okra: Okra, visitor: Visitor) -> None:
    """It is Monday, nine o'clock: Mere leaves KR-1 for later, and says red for KR-2."""
    okra.advance(NINE_IN_LONDON)
    visitor.open().be("Mere Ngata").press("Check in").press("Skip").sees("2 of 2: KR-2")
    visitor.choose("How confident are you?", "red").fill("Score now", "0.3")
    visitor.fill("What is working, and what is stuck?", "the auditor has had nothing from HR")
    visitor.fill("What is the next move?", "our own evidence goes out on Wednesday")
    visitor.fill("What do you need to make it happen?", "someone to free two HR days")
    visitor.fill("What is the plan?", "write to HR again").submit().sees("Help is being asked for: KR-2")
    visitor.close()
    okra.settle()


def test_nobody_answers_so_the_sponsor_decides_and_the_follow_up_is_chased(okra: Okra, visitor: Visitor) -> None:
    with okra.company() as company:
        company.member("Sam Stone").is_sponsor = True
    turn_red(okra, visitor)
    visitor.be("Tama Reid").sees("can you get this, decide otherwise, or take it to the team's next review?")
    visitor.shot("escalation-lead")
    okra.advance("2026-10-06 08:05")
    visitor.be("Rosa Lind").sees("Asked of you because you lead Company")
    okra.advance("2026-10-08 08:05")
    visitor.be("Sam Stone").sees("Asked of you because you are an executive sponsor")
    visitor.shot("escalation-asked")
    visitor.press("Decide").fill("What is decided?", "HR frees Ana for two days")
    visitor.choose("Who makes it happen?", "Tama Reid").fill("By when?", "2026-10-12")
    visitor.shot("escalation-decide")
    visitor.submit()
    okra.settle()
    visitor.go("growth-leads")
    thread = visitor.thread("15 Dec: decided")
    visitor.sees("Nobody has picked this up yet, so Sam Stone is asked now.").sees("HR frees Ana for two days")
    visitor.shot("escalation-thread")
    assert thread.get_by_text("Nobody has picked this up yet").count() == 2
    okra.advance("2026-10-12 08:05")
    visitor.be("Tama Reid").sees("Is it done?").sees("due today")
    okra.advance("2026-10-19 08:05")
    visitor.sees("was due")
    visitor.shot("escalation-chase")
    visitor.press("Done", beside="was due")
    okra.settle()
    visitor.go("growth-leads").thread("15 Dec: decided")
    visitor.press("Resolve")
    okra.settle()
    visitor.sees("Resolved by Tama Reid").shot("escalation-resolved")


def test_a_review_is_where_it_is_decided(okra: Okra, visitor: Visitor) -> None:
    turn_red(okra, visitor)
    visitor.be("Tama Reid").press("Take to review", beside="KR-2")
    okra.settle()
    visitor.go("growth-leads").sees("goes to the review on Thu 8 Oct")
    okra.advance("2026-10-08 09:00")
    visitor.be("Tama Reid").write("/okr agenda").sees("KR-2").shot("escalation-agenda")
    okra.advance("2026-10-08 16:05")
    visitor.sees("You took this to the review on Thu 8 Oct: what was decided?").shot("escalation-review")


def test_a_decision_changes_the_target(okra: Okra, visitor: Visitor) -> None:
    turn_red(okra, visitor)
    visitor.be("Tama Reid").press("Decide", beside="KR-2").fill("What is decided?", "certified by the end of January")
    visitor.choose("What kind of decision?", "Change the target")
    visitor.choose("Who makes it happen?", "Mere Ngata").fill("By when?", "2026-10-12").submit()
    visitor.sees("Change KR-2").fill("What it is from now on", "SOC 2 certified by 31 Jan").fill(
        "By when?", "2027-01-31"
    )
    visitor.fill("Why?", "the auditor has no days before").fill("What stops for it?", "the audit of the suppliers")
    visitor.shot("escalation-change")
    visitor.submit()
    okra.settle()
    visitor.be("Mere Ngata").sees("has changed KR-2").sees("SOC 2 certified by 31 Jan").shot("escalation-changed")


def test_a_message_becomes_a_blocker_and_only_its_link_travels(okra: Okra, visitor: Visitor) -> None:
    members = [okra.person(name) for name in ("Ana Silva", "Sam Stone", "Mere Ngata")]
    okra.slack.add_channel("random", members=members, with_app=False)
    okra.advance(NINE_IN_LONDON)
    okra.person("Ana Silva").says("The auditor has asked for the third time", to="random")
    visitor.open().be("Sam Stone").go("random").message_shortcut("for the third time", "Turn into a blocker")
    visitor.sees("Only a link to the message goes there, unless you tick the box.")
    visitor.choose("Of which key result?", "KR-2").sees(
        "Copy the text into its thread (read in #growth-leads, or by fewer)"
    )
    visitor.choose("Blocked by", "Ana Silva")
    assert not visitor.dialog.get_by_label(
        "Copy the text into its thread (read in #growth-leads, or by fewer)"
    ).is_checked()
    visitor.shot("escalation-shortcut")
    visitor.submit().sees("I put the link into its thread").close()
    okra.settle()
    visitor.go("growth-leads").sees("In the way: this message, says Sam Stone").sees("Blocked by: Ana Silva")
    visitor.shot("escalation-from-a-message")
    assert visitor.page.get_by_text("for the third time").count() == 0
    visitor.message("In the way").get_by_role("link", name="this message").click()
    visitor.sees("The auditor has asked for the third time")
    # The same message once more, and this time its text is wanted there.
    visitor.message_shortcut("for the third time", "Turn into a blocker")
    visitor.choose("Of which key result?", "KR-2").choose(
        "The message's text", "Copy the text into its thread (read in #growth-leads, or by fewer)"
    )
    visitor.choose("Blocked by", "Ana Silva").submit().sees("I put the link and the text into its thread").close()
    okra.settle()
    visitor.go("growth-leads").thread("15 Dec: help wanted")
    visitor.sees("The auditor has asked for the third time")
