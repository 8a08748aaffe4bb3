import pytest

from relab.errors import UsageError
from relab.languages import Language, pick


@pytest.mark.parametrize(
    ("explicit", "environ", "language"),
    [
        ("en", {"RELAB_LANG": "ko", "LANG": "ko_KR.UTF-8"}, Language.EN),
        ("KO", {}, Language.KO),
        (None, {"RELAB_LANG": "en", "LC_ALL": "ko_KR.UTF-8"}, Language.EN),
        (None, {"LC_ALL": "en_GB.UTF-8", "LANG": "ko_KR.UTF-8"}, Language.EN),
        (None, {"LC_MESSAGES": "ko_KR.UTF-8", "LANG": "en_US.UTF-8"}, Language.KO),
        (None, {"LC_ALL": "", "LANG": "ko"}, Language.KO),
        (None, {"LANG": "C.UTF-8"}, Language.KO),
        (None, {"LANG": "POSIX"}, Language.KO),
        (None, {"LANG": "ja_JP.UTF-8"}, Language.EN),
        (None, {"RELAB_LANG": ""}, Language.KO),
        (None, {}, Language.KO),
    ],
)
def test_the_first_that_speaks_decides(
    explicit: str | None, environ: dict[str, str], language: Language
) -> None:
    assert pick(explicit, environ) is language


@pytest.mark.parametrize(
    ("explicit", "environ", "where"),
    [("fr", {}, "--lang"), (None, {"RELAB_LANG": "korean"}, "RELAB_LANG")],
)
def test_a_wrong_name_is_told_with_the_right_ones(
    explicit: str | None, environ: dict[str, str], where: str
) -> None:
    with pytest.raises(UsageError) as caught:
        pick(explicit, environ)
    assert str(caught.value).startswith(f"{where}: no language")
    assert "ko or en" in str(caught.value)
