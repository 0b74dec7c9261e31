"""Words: what is written alike is found."""

import pytest

from app.domain import search_terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Åland Sea", ["aland", "sea"]),
        ("SMILLA77", ["smilla77"]),
        ("smilla77/20221208T1145", ["smilla77", "20221208t1145"]),
        ("2022-12-08", ["20221208"]),
        ("Skagerrak/Kattegat: Læsø", ["skagerrak", "kattegat", "laeso"]),
        ("Großer Belt", ["grosser", "belt"]),
        ("ﬁsh_eye", ["fish", "eye"]),
        ("日本海", ["日本海"]),
        ("$where: {.*} \x00\u202e()", ["where"]),
        ("  \t\n", []),
        ("", []),
        ("x" * 1_000_000, ["x" * 24]),
    ],
)
def test_words_have_no_case_accents_or_signs(text: str, found: list[str]) -> None:
    assert search_terms.of(text) == found


def test_a_composed_letter_is_its_parts() -> None:
    assert search_terms.of("A\u030aland") == search_terms.of("\u00c5land") == ["aland"]


def test_a_name_is_the_same_however_its_words_are_joined() -> None:
    assert search_terms.whole("smilla77/20221208T1145") == search_terms.whole("Smilla77-20221208t1145")


def test_every_beginning_of_a_word_is_one_of_its_own_also_of_its_number() -> None:
    assert search_terms.beginnings(["SEA077"]) == {"s", "se", "sea", "sea0", "sea07", "sea077", "0", "07", "077"}


def test_a_letter_that_becomes_many_does_not_make_an_index_grow() -> None:
    # U+FDFA decomposes into 18 letters.
    assert len(search_terms.beginnings(["\ufdfa" * 1000])) < 500
