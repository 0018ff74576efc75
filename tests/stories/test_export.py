"""`/okr export` over the local Slack: a file in the direct message, and nowhere else."""

from __future__ import annotations

import csv
import io
import re

import pytest
from story import Okra

from bot.localslack.faults import Fault, FaultKind
from bot.localslack.state import File


def files(okra: Okra) -> list[File]:
    return list(okra.server.core.workspace.files.values())


def test_the_digest_comes_as_a_file_to_who_asked_and_to_nobody_else(okra: Okra) -> None:
    okra.advance("2026-10-07 10:05")
    tama, sam = okra.person("Tama Reid"), okra.person("Sam Stone")
    assert "okra-Growth-2026-10-05.csv is in your direct message" in tama.command("/okr export Growth").text
    (file,) = files(okra)
    assert file.content is not None
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert {row["number"] for row in rows if row["what"] == "key result"} == {"KR-1", "KR-2", "KR-3"}
    assert any("as you asked. Only you see this." in seen.text for seen in tama.direct_messages())
    (shared_in,) = file.shared_in
    assert shared_in.startswith("D")
    assert not any("as you asked" in seen.text for seen in sam.direct_messages())
    assert ".json is in your direct message" in sam.command("/okr export growth json").text
    assert files(okra)[-1].name.endswith(".json")


def test_a_guest_gets_no_file(okra: Okra) -> None:
    okra.advance("2026-10-07 10:05")
    assert "full members" in okra.person("Gus Guest").command("/okr export Growth").text
    assert files(okra) == []


def test_where_slack_takes_no_file_it_is_said_and_nothing_is_half_shared(okra: Okra) -> None:
    okra.advance("2026-10-07 10:05")
    okra.slack.faults.add(Fault(FaultKind.DROPPED_BEFORE, "files.completeUploadExternal", times=1))
    said = okra.person("Tama Reid").command("/okr export Growth").text
    assert "I can't tell whether okra-Growth-2026-10-05.csv has come. Please look in your direct message" in said
    assert re.search(r"\(Reference [0-9a-f]{8}\)", said)
    assert [file.shared_in for file in files(okra)] == [{}]


@pytest.mark.parametrize(
    "fault", [FaultKind.DROPPED_AFTER, FaultKind.DROPPED_BEFORE, FaultKind.ERROR, FaultKind.SERVER_ERROR]
)
def test_a_file_whose_bytes_may_not_have_arrived_has_not_come_and_may_be_asked_for_again(
    okra: Okra, fault: FaultKind
) -> None:
    okra.advance("2026-10-07 10:05")
    tama = okra.person("Tama Reid")
    okra.slack.faults.add(Fault(fault, "upload", times=1))
    assert "Please ask again in a minute." in tama.command("/okr export Growth").text
    assert okra.slack.calls("files.completeUploadExternal") == []
    assert ".csv is in your direct message" in tama.command("/okr export Growth").text
    assert [len(file.shared_in) for file in files(okra)] == [0, 1]


def test_where_slack_is_busy_or_refuses_it_is_said_what_to_do(okra: Okra) -> None:
    okra.advance("2026-10-07 10:05")
    okra.slack.faults.add(Fault(FaultKind.ERROR, "files.getUploadURLExternal", times=1, error="missing_scope"))
    said = okra.person("Tama Reid").command("/okr export Growth").text
    assert re.search(r"tell your admin “[0-9a-f]{8}”: okra doctor says what is missing", said)
    okra.slack.faults.add(Fault(FaultKind.RATE_LIMITED, "files.getUploadURLExternal", times=1, seconds=20))
    said = okra.person("Tama Reid").command("/okr export Growth").text
    assert re.search(r"Please ask again in a minute\. \(Reference [0-9a-f]{8}\)", said)
    okra.advance("2026-10-07 10:06")
    assert files(okra) == []
    assert ".csv is in your direct message" in okra.person("Tama Reid").command("/okr export Growth").text
