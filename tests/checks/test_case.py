import pytest

from relab.checks.case import moment


@pytest.mark.parametrize(
    ("stamp", "read"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02 03:04 UTC"),
        ("2026-01-02T03:04:05.123456+00:00", "2026-01-02 03:04 UTC"),
        ("2026-01-02T12:04:05+09:00", "2026-01-02 03:04 UTC"),
        ("yesterday", "yesterday"),
        (None, "None"),
    ],
)
def test_a_moment_reads_well(stamp: object, read: str) -> None:
    assert moment(stamp) == read
