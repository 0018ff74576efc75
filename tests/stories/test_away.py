"""Away with somebody who covers, coming back, and a Slack status that says so: over real sockets."""

from __future__ import annotations

from story import Okra

NINE_IN_LONDON = "2026-10-05 08:00"
SIX_IN_THE_EVENING = "2026-10-05 17:30"
THE_NOTE = "2026-10-06 13:00"


def test_mere_goes_away_and_sam_answers_for_her(okra: Okra) -> None:
    okra.advance("2026-10-02 09:00")
    mere, sam = okra.person("Mere Ngata"), okra.person("Sam Stone")
    heard = mere.command("/okr away 2026-10-03..2026-10-09 cover @Sam Stone")
    said = heard.text
    assert "You're away Sat 3 Oct – Fri 9 Oct" in said
    assert "That touches 2 check-ins of 2 key results: Sam Stone answers them" in said
    assert "Sam Stone and Tama Reid will read it from me." in said
    okra.advance("2026-10-02 09:10")
    assert okra.newest("Tama Reid").headline == (
        "Mere Ngata is away Sat 3 Oct – Fri 9 Oct: Sam Stone answers for 2 key results."
    )
    assert "asks you to answer for 2 key results meanwhile" in okra.newest("Sam Stone").text

    okra.advance(NINE_IN_LONDON)
    okra.settle()
    okra.advance("2026-10-05 08:01")
    prompt = okra.newest("Sam Stone")
    assert prompt.headline.startswith("Good morning: 2 key results")
    assert "for Mere Ngata, who is away" in prompt.text
    assert all("key results, about" not in one.text for one in mere.direct_messages())
    sam.press("Check in")
    sam.fill("Current value", "30")
    sam.choose("How confident are you?", "🟢 green")
    sam.fill("What is the next move?", "as Mere left it")
    sam.submit()
    sam.close()
    okra.settle()
    assert okra.newest("Sam Stone").headline.startswith("1 of 2 answered")

    # She comes back the same day: what is open is hers again, and her prompt greets.
    listed = mere.command("/okr back")
    assert "Sam Stone answers for you" in listed.text
    mere.press("I'm not away")
    okra.settle()
    assert okra.newest("Mere Ngata").headline.startswith("Welcome back: 1 key result")
    assert okra.newest("Sam Stone").headline == "Thank you: it is in"


def test_a_red_of_who_covers_is_theirs_in_the_thread_and_not_called_hers_when_she_is_back(okra: Okra) -> None:
    okra.advance("2026-10-02 09:00")
    mere, sam, tama = (okra.person(name) for name in ("Mere Ngata", "Sam Stone", "Tama Reid"))
    mere.command("/okr away 2026-10-05..2026-10-09 cover @Sam Stone")
    okra.advance("2026-10-05 08:01")
    okra.settle()
    sam.command("/kr 1 25 red")
    sam.fill("What is the next move?", "Sam writes to HR")
    sam.fill("What do you need to make it happen?", "a lawyer for a day")
    sam.fill("What is the plan?", "our own evidence goes out")
    sam.submit()
    sam.close()
    okra.settle()
    root = tama.channel("growth-leads").messages[-1]
    assert root.headline.endswith("Sam Stone asks for: a lawyer for a day")
    assert "Needed: a lawyer for a day" in root.text
    assert "Asked for by Sam Stone" in root.text
    okra.advance("2026-10-12 08:01")
    okra.settle()
    assert "The next move was: Sam writes to HR" in okra.newest("Mere Ngata").text


def test_a_dialog_asks_for_the_days_and_says_what_cannot_be(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    mere.command("/okr away")
    mere.fill("First day away", "2026-10-05")
    mere.fill("Last day away", "2026-10-02")
    mere.submit()
    assert mere.modal is not None
    assert list(mere.modal.errors.values()) == ["The last day comes before the first."]
    mere.fill("Last day away", "2026-10-09")
    mere.fill("Who answers for you?", "Gus Guest")
    mere.submit()
    assert mere.modal is not None
    (error,) = mere.modal.errors.values()
    assert error == "Gus Guest can't answer for you. Please choose another full member, or nobody."
    mere.fill("Who answers for you?", None)
    mere.submit()
    assert mere.modal is not None
    assert "That touches 2 check-ins of 2 key results: they are excused." in mere.modal.text
    mere.close()
    okra.advance(NINE_IN_LONDON)
    okra.settle()
    assert all("2 key results, about" not in one.text for one in mere.direct_messages())


def test_the_lead_excuses_who_is_on_vacation_and_has_another_reminded(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    okra.settle()
    mere, ana, tama = (okra.person(name) for name in ("Mere Ngata", "Ana Silva", "Tama Reid"))
    mere.change(status_text="Vacationing", status_emoji=":palm_tree:")
    okra.advance(SIX_IN_THE_EVENING)
    assert all("open until" in one.headline for one in mere.direct_messages()[-1:])
    okra.advance(THE_NOTE)
    okra.settle()
    note = okra.newest("Tama Reid")
    assert "Slack status “Vacationing”" in note.text
    assert "reminded Mon" in note.text  # Ana in Kolkata was
    tama.press("Excuse", in_=note, beside="KR-1")
    okra.settle()
    note = okra.newest("Tama Reid")
    assert "KR-1" not in note.text
    assert "KR-2" in note.text
    assert "excused this week" in mere.direct_messages()[1].text
    # It is evening in Kolkata by now.
    over = [one for one in ana.direct_messages() if one.headline == "Answering was open until Tue 17:00"]
    assert len(over) == 2
    assert all(one.buttons == [] for one in over)


def test_a_key_result_changes_hands_when_the_new_owner_says_so(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    okra.settle()
    mere, sam, tama = (okra.person(name) for name in ("Mere Ngata", "Sam Stone", "Tama Reid"))
    mere.command("/okr handover 1")
    mere.fill("Who should own it?", "Sam Stone")
    mere.submit()
    mere.close()
    okra.settle()
    asked = okra.newest("Sam Stone")
    assert asked.headline == "Will you own KR-1 Activation?"
    sam.press("I'll own it")
    okra.settle()
    okra.advance("2026-10-05 08:02")
    assert okra.newest("Mere Ngata").headline.startswith("Sam Stone owns KR-1 Activation now")
    assert "KR-1 Activation" in okra.newest("Sam Stone").text
    # Then he leaves: it is on the lead's list at once, and the lead is asked.
    sam.change(deleted=True)
    okra.settle()
    okra.advance("2026-10-05 08:05")
    messages = [one.headline for one in tama.direct_messages()]
    assert "Sam Stone has left: one key result needs an owner" in messages
    assert any(one.startswith("Good morning: 1 key result") for one in messages)


def test_people_choose_their_hour_and_admins_everybodys_week(okra: Okra) -> None:
    mere, ada = okra.person("Mere Ngata"), okra.person("Ada Admin")
    mere.command("/okr settings")
    mere.fill("Ask me at", "11:30")
    mere.fill("Time zone", "Paris")
    mere.submit()
    assert mere.modal is not None
    assert "Your next check-in opens Mon 11:30." in mere.modal.text
    mere.close()
    # Slack says something else; what she chose stays.
    mere.change(tz="America/New_York")
    mere.command("/okr rhythm")
    assert mere.modal is None
    ada.command("/okr rhythm")
    ada.fill("The leadership meets on", "Friday")
    ada.submit()
    assert ada.modal is not None
    assert "Opening Tuesday 09:00" in ada.modal.text
    ada.close()
    ada.command("/okr rhythm Growth")
    ada.fill("Its meeting is on", "Thursday")
    ada.submit()
    assert ada.modal is not None
    (error,) = ada.modal.errors.values()
    assert error == "Please say why this team differs: admins read it in the list of exceptions."
    ada.fill("Why not as everybody?", "The shop is closed on Fridays")
    ada.submit()
    ada.close()
    ada.command("/okr rhythm")
    assert ada.modal is not None
    assert "Growth: Thursday, because “The shop is closed on Fridays”" in ada.modal.text
    ada.close()
    okra.advance("2026-10-05 09:30")  # 11:30 in Paris
    okra.settle()
    assert okra.newest("Mere Ngata").headline.startswith("Good morning: 2 key results")
