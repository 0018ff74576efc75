"""Tables, one file a subject. Importing this package registers every table on `Base.metadata`."""

from models.absence import Absence, AbsenceNotice
from models.audit import AuditEvent, SeenEvent
from models.base import Base
from models.check_in import Answer, AnswerSource, Blocker, CheckIn, CheckInState
from models.conversation import Conversation, ConversationMember
from models.cycle import Cycle, Priority
from models.delivery import Delivery, DeliveryState, Hold, Message, PostKind, RatePace, Worker
from models.dependency import Dependency
from models.digest import Digest, DigestCorrection, DigestShare, StopOrShift
from models.draft import CheckInDraft
from models.escalation import Decision, DecisionState, Escalation, EscalationEvent, EscalationEventKind, EscalationStep
from models.hand_over import HandOver, HandOverState
from models.home import Home
from models.key_result import (
    Initiative,
    KeyResult,
    KeyResultCoOwner,
    KeyResultRevision,
    KeyResultState,
    KeyResultViewer,
)
from models.morning import MorningRequest
from models.objective import Objective, ObjectiveTeam, ObjectiveViewer
from models.outcome import Outcome
from models.question import Question
from models.shared_channel import SharedChannel
from models.signal import Signal
from models.snooze import Snooze
from models.team import PathChange, PathStep, Team
from models.understanding import Understanding, UnderstandingState
from models.workspace import Installation, InstallationState, Member, MemberKind, Workspace

__all__ = [
    "Absence",
    "AbsenceNotice",
    "Answer",
    "AnswerSource",
    "AuditEvent",
    "Base",
    "Blocker",
    "CheckIn",
    "CheckInDraft",
    "CheckInState",
    "Conversation",
    "ConversationMember",
    "Cycle",
    "Decision",
    "DecisionState",
    "Delivery",
    "DeliveryState",
    "Dependency",
    "Digest",
    "DigestCorrection",
    "DigestShare",
    "Escalation",
    "EscalationEvent",
    "EscalationEventKind",
    "EscalationStep",
    "HandOver",
    "HandOverState",
    "Hold",
    "Home",
    "Initiative",
    "Installation",
    "InstallationState",
    "KeyResult",
    "KeyResultCoOwner",
    "KeyResultRevision",
    "KeyResultState",
    "KeyResultViewer",
    "Member",
    "MemberKind",
    "Message",
    "MorningRequest",
    "Objective",
    "ObjectiveTeam",
    "ObjectiveViewer",
    "Outcome",
    "PathChange",
    "PathStep",
    "PostKind",
    "Priority",
    "Question",
    "RatePace",
    "SeenEvent",
    "SharedChannel",
    "Signal",
    "Snooze",
    "StopOrShift",
    "Team",
    "Understanding",
    "UnderstandingState",
    "Worker",
    "Workspace",
]
