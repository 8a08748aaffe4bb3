import pytest

from relab.lab import PLACEHOLDERS, fill
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
