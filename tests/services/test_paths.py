from __future__ import annotations

import pytest
import sqlalchemy as sa
from calls import MORNING, set_scene, tell, the_escalation

from bot.services import looking_again, paths
from bot.services.escalation_ladder import step_due
from bot.services.refusals import Reason, Refused
from models import AuditEvent, MemberKind
from models.database import Database


def test_a_path_is_the_leads_then_the_sponsors_until_a_team_names_its_own(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        assert paths.path_of_team(session, scene.growth) == [scene.lead, scene.head]
        assert paths.set_sponsor(session, MORNING, scene.stranger, is_sponsor=True)
        assert not paths.set_sponsor(session, MORNING, scene.stranger, is_sponsor=True)
        assert paths.path_of_team(session, scene.growth) == [scene.lead, scene.head, scene.stranger]
        paths.set_own_path(session, MORNING, scene.growth, [scene.owner, scene.head, scene.owner])
        assert paths.path_of_team(session, scene.growth) == [scene.owner, scene.head]
        assert paths.path_of_team(session, scene.product) == [scene.head, scene.stranger]
        paths.set_own_path(session, MORNING, scene.growth, [])
        assert paths.set_sponsor(session, MORNING, scene.stranger, is_sponsor=False)
        assert paths.path_of_team(session, scene.growth) == [scene.lead, scene.head]
        told = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert told == ["member.sponsor_named", "team.path_set", "team.path_set", "member.sponsor_released"]


def test_who_comes_onto_a_path_is_asked_about_what_had_nobody_left_to_ask(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.lead_id = scene.product.lead_id = None
        session.flush()
        tell(session, MORNING, scene.key_result, by=scene.owner)
        waits = the_escalation(session)
        assert (waits.asked_id, waits.next_step_at) == (None, None)
        paths.set_sponsor(session, MORNING, scene.stranger, is_sponsor=True)
        assert looking_again.look_due(session, MORNING, 20) == 1
        assert step_due(session, MORNING, 20) == 1
        assert waits.asked_id == scene.stranger.id
        assert waits.next_step_at is None
        paths.set_own_path(session, MORNING, scene.growth, [scene.stranger, scene.head])
        looking_again.look_due(session, MORNING, 20)
        step_due(session, MORNING, 20)
        # Whoever was asked has their time.
        assert waits.asked_id == scene.stranger.id
        assert waits.next_step_at is not None
        step_due(session, waits.next_step_at, 20)
        assert waits.asked_id == scene.head.id


def test_a_person_is_named_by_name_address_or_id_and_never_guessed(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        workspace_id = scene.growth.workspace_id
        for text in ("tama reid", "tama@example.test", "U0TAMAREID", "<@U0TAMAREID>", "Tama"):
            assert paths.person(session, workspace_id, text) == scene.lead
        for text, reason in (("Tamara", Reason.NO_SUCH_PERSON), ("Finn", Reason.NOT_TAKING_PART)):
            scene.stranger.kind = MemberKind.GUEST
            session.flush()
            with pytest.raises(Refused) as refused:
                paths.person(session, workspace_id, text)
            assert refused.value.reason is reason
