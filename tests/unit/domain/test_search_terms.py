"""Search terms in one normal form: spellings of one name give the same terms."""

import pytest

from app.domain import search_terms


@pytest.mark.parametrize(
    ("text", "terms"),
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
def test_terms_have_no_case_accents_or_punctuation(text: str, terms: list[str]) -> None:
    assert search_terms.of(text) == terms


def test_composed_and_decomposed_letters_give_the_same_term() -> None:
    assert search_terms.of("A\u030aland") == search_terms.of("\u00c5land") == ["aland"]


def test_separators_and_case_do_not_change_a_whole_name() -> None:
    assert search_terms.whole("smilla77/20221208T1145") == search_terms.whole("Smilla77-20221208t1145")


def test_prefixes_include_those_of_a_words_number() -> None:
    assert search_terms.beginnings(["SEA077"]) == {"s", "se", "sea", "sea0", "sea07", "sea077", "0", "07", "077"}


def test_a_letter_that_decomposes_into_many_adds_a_bounded_number_of_prefixes() -> None:
    # U+FDFA decomposes into 18 letters.
    assert len(search_terms.beginnings(["\ufdfa" * 1000])) < 500
