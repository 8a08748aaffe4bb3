import pytest

from relab.clouds.outcome import DETAIL_LENGTH, Outcome, outcome_of, shorten


@pytest.mark.parametrize(
    ("source", "status", "outcome"),
    [
        ("aws", "404", Outcome.UNEXPECTED),
        ("kubernetes", "404", Outcome.MISSING),
        ("local", "404", Outcome.MISSING),
        ("kubernetes", "NoSuchBucket", Outcome.UNEXPECTED),
        ("aws", "403", Outcome.DENIED),
        ("aws", "unexpected", Outcome.UNEXPECTED),
        ("aws", "", Outcome.UNEXPECTED),
        ("aws", "timeout", Outcome.TIMEOUT),
        ("kubernetes", "no-identity", Outcome.NO_IDENTITY),
        ("kubernetes", "unexpected 404", Outcome.UNEXPECTED),
    ],
)
def test_what_a_status_means(source: str, status: str, outcome: Outcome) -> None:
    assert outcome_of(source, status) is outcome


def test_a_detail_is_one_short_line() -> None:
    assert shorten("a\n  b") == "a b"
    assert len(shorten("x" * 1000)) == DETAIL_LENGTH
