"""Whatever an item is called, its file is safe, unique and inside; its true name comes back."""

import unicodedata
from pathlib import Path

import pytest

from relab.resources.item import Item
from snapshot.tree.names import Names
from snapshot.vault.opening import Means, make_vault
from snapshot.vault.vault import Vault
from tests.snapshot.trees import exported, imported, save_items

HOSTILE = (
    *("", ".", "..", "../../etc/passwd", "/etc/passwd", "a/../b", "a//b", "a/", "/", "~", "~root"),
    *(
        "a\0b",
        "\0",
        "a\nb",
        "\x1b[31mred",
        "a\\b",
        "..\\..\\b",
        "C:\\x",
        "a:b",
        "a|b",
        'a"b',
        "*?<>",
    ),
    *("con", "CON", "nul.txt", "aux", "com1", "LPT9.tar.gz", "prn/x", "x/con"),
    *(
        "a.",
        "a ",
        " a",
        "a...",
        ".hidden",
        "-rf",
        "--help",
        "a.yaml",
        "a.yaml/b",
        "a.jsonl",
        "a.YAML",
    ),
    *("k" * 1024, "가" * 341, "d/" * 300 + "x", "e\u0301", "\u00e9", "\ufb01", "fi", "K", "\u212a"),
    *(
        "name",
        "Name",
        "NAME",
        "nAme",
        "İ",
        "i̇",
        "ß",
        "SS",
        "ss",
        "\u202eevil",
        "😀",
        "a%00b",
        "$(id)",
    ),
    *("item", "shared", "items", "a~b", "snapshot.yaml", "blobs/ab", "b", "a/b", "a/b/c/d/e/f"),
)


def made(key: str, kind: str = "made.thing", region: str = "r", tenant: str = "") -> Item:
    return Item("aws", kind, region, key, {"key": key}, tenant=tenant)


@pytest.fixture
def items() -> list[Item]:
    """Make things with every hostile name, as key, as type, as tenant and as region."""
    found = [made(key) for key in HOSTILE]
    found += [made("x", kind=name) for name in HOSTILE]
    found += [made(name, tenant=name, kind="of.tenant") for name in HOSTILE]
    found += [made("same", kind="of.region", region=name) for name in HOSTILE]
    found += [made("y", kind=name) for name in ("Made.Thing", "made.thing")]
    return list({item.identity: item for item in found}.values())


def folded(path: str) -> str:
    """Return `path` as a file system sees it that knows neither case nor normal forms."""
    return unicodedata.normalize("NFKD", path).casefold()


def test_paths_are_unique_even_where_case_and_form_do_not_count(items: list[Item]) -> None:
    names = Names()
    paths = [names.one(item) for item in items]
    paths += [names.many(item, item.identity, 1) for item in items]
    assert len({folded(path) for path in paths}) == len(paths)
    files = {folded(path) for path in paths}
    folders = {folded(str(parent)) for path in paths for parent in Path(path).parents}
    assert not files & folders


def test_paths_are_plain_words_that_lead_down(items: list[Item]) -> None:
    names = Names()
    for item in items:
        for path in (names.one(item), names.many(item, item.key, 12)):
            assert path.isascii() and path.isprintable() and len(path) < 400
            for step in path.split("/"):
                assert 0 < len(step) <= 100 and step[0] not in ".-~ " and step[-1] not in ". "
                assert step.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1"}
                assert not set(step) & set('\\:*?"<>|$%')


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (made("training-07", "s3.bucket", tenant="07"), "07/aws/s3.bucket/training-07"),
        (
            Item("kubernetes", "apps/v1/Deployment", "c", "kubeflow-user07/nb", {}, tenant="07"),
            "07/kubernetes/apps/v1/Deployment/kubeflow-user07/nb",
        ),
        (made("R_1.x", "iam.role"), "shared/aws/iam.role/R_1.x"),
    ],
)
def test_usual_names_are_left_as_they_are(item: Item, path: str) -> None:
    assert Names().one(item) == f"items/{path}.yaml"


def test_a_mangled_name_still_says_what_it_is() -> None:
    path = Names().one(made("arn:aws:sns:ap-northeast-2:1:alerts"))
    assert path.startswith("items/shared/aws/made.thing/arn_aws_sns_ap-northeast-2_1_alerts~")


def test_hostile_names_come_back_and_nothing_leaves_the_folder(
    vault: Vault, means: Means, tmp_path: Path, items: list[Item]
) -> None:
    items += [made(f"{n}/{key}", "s3.object", tenant=key) for n, key in enumerate(HOSTILE)]
    save_items(vault, items)
    place = tmp_path / "deep" / "er" / "tree"
    exported(vault, "one", place)
    assert {path.name for path in tmp_path.iterdir()} == {"vault", "deep"}
    assert list((tmp_path / "deep").rglob("*"))[:2] == [place.parent, place]
    other = make_vault(str(tmp_path / "other"), means, [means.key().recipient])
    assert imported(other, place).content == vault.reader().snapshot("one").content
    keys = [entry.item for entry in other.reader().entries(other.reader().snapshot("back"))]
    assert sorted(keys, key=lambda item: item.identity) == sorted(
        items, key=lambda item: item.identity
    )
