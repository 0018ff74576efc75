from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.numbers import LIMIT, NotANumber, Number, NumberTrouble, format_value, parse_number

UNITS = ["", "%", "$", "€", "£", "A$", "ms", "s", "min", "h", "days", "weeks", "pts", "x", "pp", "users", "% of teams"]
UNITS += ["$ MRR", "€/month", "CHF", "t CO2e", "m²", "business days", "utilisateurs actifs"]

values = st.integers(min_value=-int(LIMIT * 10**6) + 1, max_value=int(LIMIT * 10**6) - 1).map(
    lambda scaled: Decimal(scaled).scaleb(-6)
)
short_values = st.decimals(min_value=-9999, max_value=9999, places=3, allow_nan=False)


@pytest.mark.parametrize(
    ("typed", "value", "unit"),
    [
        ("45", "45", ""),
        ("  45  ", "45", ""),
        ("45%", "45", "%"),
        ("45 percent", "45", "%"),
        ("28.5 %", "28.5", "%"),
        ("28,5%", "28.5", "%"),
        ("1,200", "1200", ""),
        ("1.200", "1200", ""),
        ("1 200", "1200", ""),
        ("1\u00a0200", "1200", ""),
        ("1\u202f200\u202f000", "1200000", ""),
        ("1'200", "1200", ""),
        ("1’200.50", "1200.5", ""),
        ("1,200,000", "1200000", ""),
        ("1.200.000", "1200000", ""),
        ("1,200.5", "1200.5", ""),
        ("1.200,5", "1200.5", ""),
        ("1 200,125", "1200.125", ""),
        ("1,2", "1.2", ""),
        ("1.2", "1.2", ""),
        ("1,25", "1.25", ""),
        ("0,125", "0.125", ""),
        ("0.125", "0.125", ""),
        ("1234,567", "1234.567", ""),
        ("12.3456", "12.3456", ""),
        ("99.950 %", "99.95", "%"),
        (".5", "0.5", ""),
        ("5.", "5", ""),
        ("-3", "-3", ""),
        ("−3", "-3", ""),
        ("–3", "-3", ""),
        ("- 3", "-3", ""),
        ("+5 pp", "5", "pp"),
        ("-0", "0", ""),
        ("0.0", "0", ""),
        ("007", "7", ""),
        ("$1,200", "1200", "$"),
        ("-$5", "-5", "$"),
        ("$-5", "-5", "$"),
        ("US$ 45", "45", "$"),
        ("45 €", "45", "€"),
        ("€45", "45", "€"),
        ("£45k", "45000", "£"),
        ("EUR 45", "45", "€"),
        ("CHF 45", "45", "CHF"),
        ("45 €/month", "45", "€/month"),
        ("$45k MRR", "45000", "$ MRR"),
        ("45k", "45000", ""),
        ("45 K users", "45000", "users"),
        ("1.234k", "1234", ""),
        ("1.2M", "1200000", ""),
        ("1.2 million users", "1200000", "users"),
        ("$3m", "3000000", "$"),
        ("3m", "3", "m"),
        ("2 bn", "2000000000", ""),
        ("3 k€", "3000", "€"),
        ("1,5 Mio €", "1500000", "€"),
        ("5 kg", "5", "kg"),
        ("12 days", "12", "days"),
        ("12d", "12", "days"),
        ("1 day", "1", "days"),
        ("250ms", "250", "ms"),
        ("3 s", "3", "s"),
        ("2 hrs", "2", "h"),
        ("45 pts", "45", "pts"),
        ("3x", "3", "x"),
        ("12 t CO2e", "12", "t CO2e"),
        ("12 PM10", "12", "PM10"),
        ("5m2", "5", "m2"),
        ("45 m²", "45", "m²"),
        ("45 active users", "45", "active users"),
        ("٤٥", "45", ""),
        ("２８", "28", ""),
        ("\u202d45\u202c", "45", ""),
        ("8,999,999,999,999.999999", "8999999999999.999999", ""),
        ("0.1000000000", "0.1", ""),
    ],
)
def test_a_typed_quantity_is_read_exactly(typed: str, value: str, unit: str) -> None:
    assert parse_number(typed) == Number(Decimal(value), unit)


@pytest.mark.parametrize(
    ("typed", "trouble"),
    [
        ("", NumberTrouble.EMPTY),
        (" \n", NumberTrouble.EMPTY),
        ("n/a", NumberTrouble.NO_NUMBER),
        ("m²", NumberTrouble.NO_NUMBER),
        ("½", NumberTrouble.NO_NUMBER),
        ("12 45", NumberTrouble.SEVERAL),
        ("12 of 15", NumberTrouble.SEVERAL),
        ("10-12", NumberTrouble.SEVERAL),
        ("40 → 60", NumberTrouble.SEVERAL),
        ("3/4", NumberTrouble.SEVERAL),
        ("1e5", NumberTrouble.SEVERAL),
        ("1h30", NumberTrouble.SEVERAL),
        ("2min30", NumberTrouble.SEVERAL),
        ("2m30", NumberTrouble.SEVERAL),
        ("0x10", NumberTrouble.SEVERAL),
        ("45 (was 40)", NumberTrouble.SEVERAL),
        ("1.2.3", NumberTrouble.UNCLEAR),
        ("1,20,300", NumberTrouble.UNCLEAR),
        ("1,200'300", NumberTrouble.UNCLEAR),
        ("1.234", NumberTrouble.UNCLEAR),
        ("$1.234", NumberTrouble.UNCLEAR),
        ("about 45", NumberTrouble.EXTRA_TEXT),
        ("--3", NumberTrouble.EXTRA_TEXT),
        ("-$-5", NumberTrouble.EXTRA_TEXT),
        ("45 <!channel>", NumberTrouble.EXTRA_TEXT),
        ("5²", NumberTrouble.EXTRA_TEXT),
        ("45 " + "very " * 10 + "long", NumberTrouble.EXTRA_TEXT),
        ("9,000,000,000,000", NumberTrouble.TOO_LARGE),
        ("-9000000000000", NumberTrouble.TOO_LARGE),
        ("9" * 5000, NumberTrouble.TOO_LARGE),
        ("10000 bn", NumberTrouble.TOO_LARGE),
        ("0.1234567", NumberTrouble.TOO_PRECISE),
    ],
)
def test_what_is_no_single_number_is_refused_with_its_reason(typed: str, trouble: NumberTrouble) -> None:
    result = parse_number(typed)
    assert isinstance(result, NotANumber)
    assert result.trouble is trouble
    assert result.sentence.endswith(".")


def test_a_refused_number_names_both_readings_and_the_way_out() -> None:
    result = parse_number("1.234")
    assert isinstance(result, NotANumber)
    assert result.readings == ("1.234", "1234")
    assert result.sentence == "This could mean 1.234 or 1234; please write 1.2340 or 1234."
    assert parse_number("1.2340") == Number(Decimal("1.234"), "")


@pytest.mark.parametrize(
    ("near", "value"),
    [
        (["1.1"], "1.25"),
        (["900"], "1250"),
        (["0", "2"], "1.25"),
        (["-3"], "1.25"),
        ([], "1250"),
        (["1", "1000"], "1250"),
    ],
)
def test_values_beside_the_field_decide_what_a_point_before_three_digits_means(near: list[str], value: str) -> None:
    assert parse_number("1.250", near=[Decimal(one) for one in near]) == Number(Decimal(value), "")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("28.5", "%", "28.5 %"),
        ("1200", "$", "$1,200"),
        ("-1200.50", "$", "−$1,200.5"),
        ("12", "days", "12 days"),
        ("1", "days", "1 day"),
        ("-1", "pts", "−1 pt"),
        ("3", "x", "3x"),
        ("45", "€/month", "€45/month"),
        ("45000", "$ MRR", "$45,000 MRR"),
        ("45", "", "45"),
        ("1E+3", "", "1,000"),
        ("0.000001", "", "0.000001"),
        ("100", "CHF", "100 CHF"),
        ("1234567.25", "users", "1,234,567.25 users"),
    ],
)
def test_a_value_is_shown_with_its_unit(value: str, unit: str, shown: str) -> None:
    assert format_value(Decimal(value), unit) == shown


@given(values | short_values, st.sampled_from(UNITS))
def test_what_is_shown_can_be_typed_back_without_losing_a_digit(value: Decimal, unit: str) -> None:
    assert parse_number(format_value(value, unit), near=[value]) == Number(value, unit)


@given(st.text(max_size=60) | st.from_regex(r"[-−]?[$€]?[0-9.,' ]{1,20}[a-zA-Z% ]{0,8}", fullmatch=True))
def test_any_text_is_read_within_the_limits_or_refused(text: str) -> None:
    result = parse_number(text)
    if isinstance(result, Number):
        assert abs(result.value) < LIMIT
        assert result.value == result.value.quantize(Decimal("0.000001"))
        assert parse_number(format_value(result.value, result.unit), near=[result.value]) == result
    else:
        assert result.sentence
