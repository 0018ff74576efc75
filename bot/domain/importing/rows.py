"""From a file's bytes to its rows: encoding, quotes, columns, and which line of the file everything stands on."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.domain.importing.columns import MAX_LENGTH, REQUIRED, Column, Header, read_header
from bot.domain.importing.problem import Problem, counted, in_file_order, shown
from bot.domain.reading_order import unturned

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Row:
    """One row. A cell has single spaces and no space around it; a column that is absent reads as ""."""

    line: int
    cells: Mapping[Column, str]
    lines: Mapping[Column, int] = field(default_factory=dict)

    def __getitem__(self, column: Column) -> str:
        return self.cells.get(column, "")

    @property
    def is_whole(self) -> bool:
        """Whether every cell that a row needs is filled."""
        return all(self[column] for column in REQUIRED)

    def at(self, column: Column, message: str) -> Problem:
        """A problem that points at this row's cell; at the row's first line where the column is absent."""
        return Problem(self.lines.get(column, self.line), column, message)


@dataclass(frozen=True)
class Rows:
    """What could be read of a file, and what is wrong with it.

    Without `problems` there is at least one row, every id is there once, and every required cell is filled. With some,
    `rows` are those that could be read all the same, so that what is wrong with them is told in the same go.
    """

    rows: tuple[Row, ...]
    warnings: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


def decode(content: bytes) -> str | Problem:
    """The file's text. UTF-8 (with or without a byte order mark) and UTF-16 with one are read.

    Anything else is refused rather than guessed: in a wrong encoding "Māori" would be stored as "MÄori" for good.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode(content, "utf-16")
    return _decode(content, "utf-8-sig")


def _decode(content: bytes, encoding: str) -> str | Problem:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(_LINE_BREAK.findall(content[: error.start].decode("latin-1"))) + 1
        return Problem(line, "", _wrong_encoding(content, line))


def _wrong_encoding(content: bytes, line: int) -> str:
    way_out = "please save it as “CSV UTF-8” and try again"
    try:
        guessed = content.decode("cp1252")
    except UnicodeDecodeError:
        return f"This file is not UTF-8 text; {way_out}."
    broken = _LINE_BREAK.split(guessed)[line - 1].strip()
    at = next((index for index, char in enumerate(broken) if ord(char) > 127), 0)
    part = broken[max(0, at - 20) : at + 20].strip()
    return f"This file is not UTF-8. It looks like Windows-1252, as in {shown(part)}; {way_out}."


def read_rows(text: str) -> Rows:
    """All rows, and every problem with them at once, in the file's order. Never raises.

    The format is RFC 4180 with commas: a cell that holds a comma, a quote or a line break stands in double quotes, and
    a quote inside is doubled. Empty lines are skipped. Unknown columns are warnings.
    """
    records = _records(text.removeprefix("\ufeff"))
    first = next(records, None)
    if first is None:
        return Rows((), problems=(Problem(1, "", "This file is empty; the first line names the columns."),))
    if isinstance(first, Problem):
        return Rows((), problems=(first,))
    line, names = first
    header, problems, warnings = read_header(names, line)
    if problems:
        return Rows((), problems=in_file_order(problems))
    rows: list[Row] = []
    for record in records:
        if isinstance(record, Problem):
            problems.append(record)
            continue
        line, cells = record
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != header.width:
            problems.append(Problem(line, "", _uneven(len(cells), header.width)))
            continue
        row = _row(line, cells, header)
        problems.extend(_cell_problems(row, cells, header))
        rows.append(row)
    problems.extend(_repeated_ids(rows))
    if not rows and not problems:
        problems.append(Problem(1, "", "There is no key result in this file, only the names of the columns."))
    return Rows(tuple(rows), in_file_order(warnings), in_file_order(problems))


def _records(text: str) -> Iterator[tuple[int, list[str]] | Problem]:
    """Each record with the line it begins on. After broken quotes nothing can be read, so that ends it."""
    # newline="" keeps "\r" inside quotes, so that lines are counted as editors count them
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(line, "", _broken(error))
            return
        if cells:
            yield line, cells


def _broken(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "A quote that opens on this line is never closed, so the rest of the file cannot be read."
    if "field larger" in str(error):
        return "A cell is larger than 128 kB; is a closing quote missing? The rest of the file cannot be read."
    return (
        "The quotes on this line do not fit together, so the rest of the file cannot be read. A cell in quotes ends "
        'with a quote and then a comma; a quote inside is written twice: "".'
    )


def _uneven(found: int, wanted: int) -> str:
    message = f"This line has {counted(found, 'value')}, but there are {counted(wanted, 'column')}."
    return f"{message} A text with a comma in it has to stand in double quotes." if found > wanted else message


def _row(line: int, cells: list[str], header: Header) -> Row:
    starts = [line]
    for cell in cells:
        starts.append(starts[-1] + len(_LINE_BREAK.findall(cell)))
    return Row(
        line,
        {column: " ".join(cells[position].split()) for column, position in header.positions.items()},
        {column: starts[position] for column, position in header.positions.items()},
    )


def _cell_problems(row: Row, cells: list[str], header: Header) -> Iterator[Problem]:
    for column, position in header.positions.items():
        length, most = len(row[column]), MAX_LENGTH[column]
        if length > most:
            yield row.at(column, f"This text has {length:,} characters; at most {most:,} can be kept.")
        if "\0" in cells[position]:
            yield row.at(column, "There is an invisible NUL character in this text, which cannot be stored.")
        if column in REQUIRED and not unturned(row[column]).strip():
            yield row.at(column, "This cell is empty, and every row needs it.")


def _repeated_ids(rows: list[Row]) -> Iterator[Problem]:
    seen: dict[str, Row] = {}
    for row in rows:
        key = row[Column.ID]
        if key and key in seen:
            there = f"line {seen[key].line}"
            yield row.at(Column.ID, f"{shown(key)} is the id of {there} too; every row needs its own.")
        seen.setdefault(key, row)
