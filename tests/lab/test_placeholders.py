from pathlib import Path

import pytest

from relab.lab import PLACEHOLDERS, fill
from relab.lab.block import MARKS
from tests.lab.known import VALUES


@pytest.mark.parametrize(
    "text",
    [
        "echo ${USER_NUM} ${namespace}",
        "kubectl get ns -o jsonpath='{.spec.owner.name}'",
        '{"spec": {"owner": {"kind": "User"}}}',
        "Rules=[{ApplyServerSideEncryptionByDefault={SSEAlgorithm=AES256}}]",
        "{unknown} {USER_NUM} { namespace } {}",
    ],
)
def test_other_braces_survive(text: str) -> None:
    assert fill(text, VALUES) == text


def test_known_names_are_filled_even_inside_json() -> None:
    patch = '{"spec":{"owner":{"name":"{owner}"}}}'
    assert fill(patch, VALUES) == '{"spec":{"owner":{"name":"user07@mlops.local"}}}'


def test_a_value_is_not_read_again() -> None:
    assert fill("{bucket}", {"bucket": "{region}", "region": "x"}) == "{region}"


def test_a_placeholder_without_a_value_stays_visible() -> None:
    assert fill("{bucket} {region}", {"region": "eu-west-1"}) == "{bucket} eu-west-1"


def test_only_registered_names_are_filled() -> None:
    assert fill("{color}", {"color": "red"}) == "{color}"
    assert set(VALUES) <= set(PLACEHOLDERS)


def test_particles_agree_with_what_was_filled_in_but_not_inside_fences() -> None:
    page = "`{user}`이(가) {repository}와(과)\n```sh\necho {user}이(가)\n```\n{owner}이(여)야\n"
    assert fill(page, VALUES) == (
        "`user07`이 mlops-training/user07과\n```sh\necho user07이(가)\n```\n"
        "user07@mlops.local이어야\n"
    )


def test_a_fence_that_is_never_closed_keeps_its_text() -> None:
    assert fill("```sh\necho {user}이(가)", VALUES) == "```sh\necho user07이(가)"


def test_authors_find_every_placeholder_and_mark_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "labs.md").read_text("utf-8")
    wanted = {f"`{{{name}}}`" for name in PLACEHOLDERS} | {f"`{mark}`" for mark in MARKS}
    assert {name for name in wanted if name not in docs} == set()
