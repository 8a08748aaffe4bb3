"""Which values of an account's documents are sealed: what gives itself away, and nothing else."""

import json
from typing import Any

import pytest

from relab.resources.hidden import pointers
from relab.resources.item import Item
from relab.resources.registry import by_name

QUEUE = by_name()["sqs.queue"]
PARAMETER = by_name()["ssm.parameter"]


def found(document: dict[str, Any], observed: dict[str, Any] | None = None) -> tuple[str, ...]:
    return pointers(QUEUE, Item("aws", QUEUE.type, "r", "k", document, observed or {}))


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"Environment": {"Variables": {"CLIENT_SECRET": "hush"}}},
         "/document/Environment/Variables/CLIENT_SECRET"),
        ({"Tags": {"api/token~x_password": "hush"}}, "/document/Tags/api~1token~0x_password"),
        ({"Targets": [{"Headers": {"Authorization": "Basic abc"}}]},
         "/document/Targets/0/Headers/Authorization"),
        ({"Name": "/db/password", "Value": "hush"}, "/document/Value"),
        ({"Parameters": [{"Key": "apiToken", "Value": "hush"}]}, "/document/Parameters/0/Value"),
        ({"Endpoint": "https://me:hush@example.invalid/x"}, "/document/Endpoint"),
        ({"Endpoint": "https://example.invalid/x?token=hush4711"}, "/document/Endpoint"),
        ({"Input": json.dumps({"auth": {"password": "hush"}})}, "/document/Input"),
        ({"Values": "proxy:\n  password: 'hush'\n"}, "/document/Values"),
    ],
)  # fmt: skip
def test_what_gives_itself_away(document: dict[str, Any], pointer: str) -> None:
    assert found(document) == (pointer,)
    assert found({}, document) == (pointer.replace("/document", "/observed", 1),)


@pytest.mark.parametrize(
    "document",
    [
        {"Name": "/db/password", "Type": "String"},
        {"Value": "plain", "Name": "release"},
        {"Policy": json.dumps({"Action": "secretsmanager:GetSecretValue", "Resource": "*"})},
        {"Grantee": {"URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}},
        {"RoleArn": "arn:aws:iam::123456789012:role/aws-service-role/a.com/AWSServiceRoleForX1"},
        {"KmsMasterKeyId": "alias/mlops", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
        {"CodeSha256": "n4bQgYhMfWWaL28IoEbMcZ9Q3KkZbW0cJH1bB3uS1mE="},
        {"Parameters": {"Password": "{{resolve:ssm:x}}", "Token": "${TOKEN}"}},
        {"PasswordResetRequired": True, "Password": None},
    ],
)
def test_what_is_no_secret_stays_readable(document: dict[str, Any]) -> None:
    assert found(document, document) == ()


def test_what_a_type_declares_is_sealed_whatever_it_looks_like() -> None:
    secure = Item("aws", PARAMETER.type, "r", "k", {"Type": "SecureString", "Value": "7"})
    plain = Item("aws", PARAMETER.type, "r", "k", {"Type": "String", "Value": "7"})
    assert pointers(PARAMETER, secure) == ("/document/Value",)
    assert pointers(PARAMETER, plain) == ()
