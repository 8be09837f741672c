"""What a VIN says of itself."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.garage import vin
from domain.garage.tables import CheckDigitPolicy, VehicleClass
from domain.garage.vin import CheckDigit, Maker, VinProblem
from domain.garage.wmis import SHIPPED

MAKERS = {maker.code: maker for maker in SHIPPED}
LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
vins = st.text(LETTERS, min_size=17, max_size=17)


def _honda(text: str) -> str:
    """A VIN of a light vehicle of North America with its right check digit."""
    return text[:8] + vin.expected_digit(text) + text[9:]


@pytest.mark.parametrize(
    "text",
    [
        "1M8GDM9AXKP042788",
        "1HGCM82633A004352",
        "KMHD35LH5EU205042",
        "LJ1EFAUU5PG000001",
        "LW433B100RD000002",
        " 1hgcm82633a004352 ",
        "1HGCM-82633 A004352",
        "１ＨＧＣＭ８２６３３Ａ００４３５２",
    ],
)
def test_a_right_check_digit_is_valid_however_the_vin_is_written(text: str) -> None:
    found = vin.decode(text, MAKERS)
    assert (found.check_digit, found.is_acceptable, found.problem) == (CheckDigit.VALID, True, None)
    assert found.vin == vin.normalise(text) and len(found.vin) == 17


def test_a_maker_that_does_not_use_the_digit_is_told_and_accepted() -> None:
    found = vin.decode("JT2AE09W5P0038539", MAKERS)
    assert found.check_digit is CheckDigit.INVALID
    assert (found.expected_digit, found.is_acceptable, found.is_check_ok) == ("4", True, None)
    assert found.warnings == ["The check digit does not match; this maker does not use it."]


def test_a_maker_that_uses_the_digit_refuses_a_wrong_one() -> None:
    found = vin.decode("1HGCM82643A004352", MAKERS)
    assert (found.problem, found.is_acceptable, found.is_well_formed) == (VinProblem.CHECK_DIGIT, False, True)


def test_another_character_in_position_nine_is_not_used_or_refused_by_policy() -> None:
    relaxed = vin.decode("WVWZZZ1KZAW000001", MAKERS)
    assert (relaxed.check_digit, relaxed.is_acceptable) == (CheckDigit.NOT_USED, True)
    strict = vin.decode("1HGCM826Z3A004352", MAKERS)
    assert (strict.check_digit, strict.problem) == (CheckDigit.INVALID, VinProblem.CHECK_DIGIT)


@pytest.mark.parametrize("text", ["1HGCM82633A00435", "1HGCM82633A0043521", "", "   "])
def test_another_length_is_length(text: str) -> None:
    assert vin.decode(text, MAKERS).problem is VinProblem.LENGTH


@pytest.mark.parametrize("char", [*"IOQioq", "中", "_", "٣"])
def test_characters_are_never_guessed(char: str) -> None:
    assert vin.decode("1HGCM82633A00435" + char, MAKERS).problem is VinProblem.CHARACTERS


def test_position_ten_means_two_years_and_position_seven_decides_for_light_vehicles_of_north_america() -> (
    None
):
    assert vin.year_candidates("1M8GDM9AXKP042788") == [1989, 2019]
    assert vin.model_year("1HGCM8A30KA004352", MAKERS["1HG"]) == 2019
    assert vin.model_year("1HGCM8230KA004352", MAKERS["1HG"]) == 1989
    assert vin.model_year("1M8GDM9AXKP042788", MAKERS["1M8"]) is None  # a bus
    assert vin.model_year("LJ1EFAUU5PG000001", MAKERS["LJ1"]) is None  # not North America
    assert vin.model_year("1HGCM8A30KA004352", None) is None


@pytest.mark.parametrize("char", "UZ0")
def test_a_position_ten_without_a_year_warns_and_does_not_refuse(char: str) -> None:
    found = vin.decode(f"WVWZZZ1K0{char}W000001", MAKERS)
    assert found.model_year_candidates == [] and found.is_acceptable
    assert "Position 10 names no model year." in found.warnings


def test_a_letter_at_the_end_is_refused_only_where_the_maker_numbers_in_digits() -> None:
    assert vin.decode(_honda("1HGCM82633A00435A"), MAKERS).problem is VinProblem.POSITION
    relaxed = vin.decode("WVWZZZ1KZAW00000A", MAKERS)
    assert relaxed.is_acceptable and relaxed.warnings == ["There is a letter among the last four positions."]


def test_the_check_digit_proves_little() -> None:
    right = "1M8GDM9AXKP042788"
    passed = tried = 0
    for at in [*range(8), *range(9, 17)]:
        for char in LETTERS.replace(right[at], ""):
            other = right[:at] + char + right[at + 1 :]
            tried += 1
            passed += other[8] == vin.expected_digit(other)
    assert (tried, passed) == (512, 39)


def test_makers_of_few_vehicles_have_six_characters() -> None:
    small = Maker("SCC082", "Small", "GB", VehicleClass.CAR, CheckDigitPolicy.NOT_USED)
    assert vin.codes_of("SC9ZZZ1K0AW082001")[0] == "SC9082"
    assert vin.codes_of("SCCZZZ1K0AW082001") == ("SCC",)
    assert vin.policy_of("SC9ZZZ1K0AW082001", small) is CheckDigitPolicy.NOT_USED


@given(vins)
def test_the_expected_digit_makes_any_vin_valid(text: str) -> None:
    assert vin.decode(_honda(text), MAKERS).check_digit is CheckDigit.VALID


@given(st.text(max_size=60))
def test_any_text_is_decoded_or_refused_without_an_error(text: str) -> None:
    found = vin.decode(text, MAKERS)
    assert found.is_well_formed is (found.problem not in (VinProblem.LENGTH, VinProblem.CHARACTERS))
    assert found.is_acceptable is (found.problem is None)


@given(vins, st.sampled_from(["", " ", "-", "　"]), st.booleans())
def test_normalising_is_stable(text: str, blank: str, is_lower: bool) -> None:
    written = blank.join(text.lower() if is_lower else text)
    assert vin.normalise(written) == text == vin.normalise(vin.normalise(written))


@given(st.text(string.printable, max_size=30))
def test_an_unknown_maker_follows_its_region(text: str) -> None:
    found = vin.decode(text, {})
    if found.is_well_formed and not found.is_acceptable:
        assert found.vin[0] in "12345L"
