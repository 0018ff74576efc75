"""From bytes to rows: what is read, and what a person is told about the rest."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.importing.columns import MAX_LENGTH, Column
from bot.domain.importing.problem import Problem
from bot.domain.importing.rows import Rows, decode, read_rows

HEADER = "id,cycle,objective,key_result,owner\n"


def problems_of(text: str) -> tuple[Problem, ...]:
    return read_rows(text).problems


def rows_of(text: str) -> Rows:
    rows = read_rows(text)
    assert rows.problems == ()
    return rows


def test_a_row_is_read_by_the_names_of_its_columns_in_any_order_and_spelling() -> None:
    (row,) = rows_of("Key Result,ID,Co_Owners,CYCLE,Objective\nSleep more,a1,Bo; Cy,2026 Q4,Rest\n").rows
    assert row[Column.KEY_RESULT] == "Sleep more"
    assert row[Column.CO_OWNERS] == "Bo; Cy"
    assert row[Column.ID] == "a1"
    assert row[Column.OWNER] == ""


def test_commas_quotes_and_line_breaks_inside_quotes_are_text() -> None:
    (row,) = rows_of(HEADER + 'a,2026 Q4,O,"Say ""yes"",\nthen wait",Ana\n').rows
    assert row[Column.KEY_RESULT] == 'Say "yes", then wait'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_an_editor_counts_them_after_quoted_line_breaks(end: str) -> None:
    text = end.join(
        [
            "id,cycle,objective,key_result,owner",
            'a,2026 Q4,O,"one',
            'two",Ana',
            "",
            "a,2026 Q4,O,again,Bo",
            ",2026 Q4,O,x,",
        ]
    )
    problems = problems_of(text)
    assert [(problem.line, problem.column) for problem in problems] == [(5, "id"), (6, "id")]
    assert "line 2" in problems[0].message


def test_a_cell_of_marks_that_nobody_sees_is_empty() -> None:
    (problem,) = problems_of(HEADER + "a,2026 Q4,\u202e \u2066,Sleep more,Ana\n")
    assert (problem.column, problem.message) == ("objective", "This cell is empty, and every row needs it.")


def test_a_problem_points_at_the_line_on_which_its_own_cell_begins() -> None:
    (problem,) = problems_of('id,objective,cycle,key_result\na,"up\nand\nup",2026 Q4,\n')
    assert (problem.line, problem.column) == (4, "key_result")


def test_every_problem_is_listed_at_once_and_in_the_order_of_the_file() -> None:
    problems = problems_of(HEADER + "a,2026 Q4,O,,\n,2026 Q4,,KR,\na,2026 Q4,O,KR,Ana,too,many\n")
    assert [(problem.line, problem.column) for problem in problems] == [
        (2, "key_result"),
        (3, "id"),
        (3, "objective"),
        (4, ""),
    ]


def test_all_missing_columns_are_one_problem() -> None:
    (problem,) = problems_of("id,owner\n1,Ana\n")
    assert problem.line == 1
    assert "cycle, objective, key_result are missing" in problem.message


@pytest.mark.parametrize(("sign", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_file_with_other_separators_is_told_to_use_commas(sign: str, word: str) -> None:
    (problem,) = problems_of("id,cycle,objective,key_result\na,b,c,d\n".replace(",", sign))
    assert word in problem.message


def test_a_column_that_is_there_twice_is_a_problem_and_an_unknown_one_a_warning() -> None:
    (problem,) = problems_of("id,cycle,objective,key_result,Key result\na,2026 Q4,O,K,L\n")
    assert problem.column == "key_result"
    (warning,) = rows_of("id,cycle,objective,key_result,mood,\na,2026 Q4,O,K,fine,\n").warnings
    assert (warning.line, warning.column) == (1, "mood")


def test_an_id_that_is_there_twice_names_the_first_line() -> None:
    (problem,) = problems_of(HEADER + "a,2026 Q4,O,K,\nb,2026 Q4,O,K,\na,2026 Q4,O,L,\n")
    assert (problem.line, problem.column) == (4, "id")
    assert "line 2" in problem.message


def test_a_text_over_its_limit_is_a_problem_that_says_both_lengths() -> None:
    most = MAX_LENGTH[Column.KEY_RESULT]
    assert problems_of(HEADER + f"a,2026 Q4,O,{'x' * most},\n") == ()
    (problem,) = problems_of(HEADER + f"a,2026 Q4,O,{'x' * (most + 1)},\n")
    assert "1,001" in problem.message
    assert "1,000" in problem.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        (HEADER, 1, "no key result"),
        (HEADER + "\n,,,,\n", 1, "no key result"),
        (HEADER + 'a,2026 Q4,O,"never closed,Ana\nb,c,d,e,f\n', 2, "never closed"),
        (HEADER + 'a,2026 Q4,O,"so" so,Ana\n', 2, "quotes"),
        (HEADER + "a,2026 Q4,O,zero\0zero,Ana\n", 2, "NUL"),
        (HEADER + "a,2026 Q4,O\n", 2, "3 values, but there are 5 columns"),
        (HEADER + f"a,2026 Q4,O,{'x' * 140_000},Ana\n", 2, "quote"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(text: str, line: int, words: str) -> None:
    (problem,) = problems_of(text)
    assert problem.line == line
    assert words in problem.message


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    text = decode(("\ufeff" + HEADER + "a,2026 Q4,O,Māori,\n").encode())
    assert isinstance(text, str)
    assert rows_of(text).rows[0][Column.KEY_RESULT] == "Māori"
    assert problems_of("\ufeff" + text) == ()


def test_utf_16_with_its_mark_is_read() -> None:
    assert decode("id,é".encode("utf-16")) == "id,é"


def test_windows_1252_is_refused_with_its_line_a_sample_and_a_way_out() -> None:
    problem = decode((HEADER + "a,2026 Q4,O,K,\nb,2026 Q4,O,Le café,\n").encode("cp1252"))
    assert isinstance(problem, Problem)
    assert problem.line == 3
    assert "Windows-1252" in problem.message
    assert "café" in problem.message
    assert "CSV UTF-8" in problem.message


def test_bytes_of_no_known_encoding_are_refused() -> None:
    problem = decode(b"id\n\x81\x8d\n")
    assert isinstance(problem, Problem)
    assert problem.line == 2


@given(st.text())
def test_no_text_whatever_makes_reading_raise(text: str) -> None:
    found = read_rows(text)
    assert found.rows or found.problems


@given(st.binary())
def test_no_bytes_whatever_make_decoding_raise(content: bytes) -> None:
    assert isinstance(decode(content), str | Problem)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_the_csv_module_writes_is_read_back_line_by_line(texts: list[str]) -> None:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(["id", "cycle", "objective", "key_result"])
    for number, text in enumerate(texts):
        writer.writerow([f"r{number}", "2026 Q4", "O", f"x{text}"])
    rows = rows_of(sheet.getvalue()).rows
    assert [row[Column.KEY_RESULT] for row in rows] == [" ".join(f"x{text}".split()) for text in texts]
