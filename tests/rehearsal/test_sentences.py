"""Every sentence in which a rehearsal says that a promise was broken is provoked by a test: what has never been seen to
fire proves nothing."""

from __future__ import annotations

from pathlib import Path

from sentences import is_said, provoked_in, sentences_in

TESTS = Path(__file__).parent
REHEARSAL = TESTS.parents[1] / "bot" / "rehearsal"


def test_a_test_provokes_each_sentence() -> None:
    said = sentences_in(REHEARSAL)
    assert len(said) > 70
    provoked = provoked_in(TESTS)
    assert said - provoked == set(), "no test makes a rehearsal say this"
    assert provoked - said == set(), "no rehearsal says this any more"


def test_what_a_rehearsal_says_is_found_however_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text(
        'self.broke(f"KR-{number} has {len(places):d} threads", *subjects)\n'
        'witness.lose("all of it")\n'
        "self._witness.broke(what)\n"
        'log.info("said nowhere")\n'
    )
    assert sentences_in(tmp_path) == {"KR-{} has {} threads", "all of it"}
    assert is_said("KR-{} has {} threads", "KR-12 has 2 threads")
    assert not is_said("KR-{} has {} threads", "KR-12 has 2 threads and more")
