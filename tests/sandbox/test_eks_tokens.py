"""Tokens of `aws eks get-token`: whose they are, and which are refused."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from relab.sandbox import eks
from relab.sandbox.people import Person, named
from relab.sandbox.world import World

_CLUSTER = "mlops-training-cluster"


def token(
    person: Person,
    *,
    cluster: str = _CLUSTER,
    service: str = "sts",
    action: str = "GetCallerIdentity",
    secret: str | None = None,
    age: timedelta = timedelta(0),
) -> str:
    """Sign as the aws command line does, `age` ago."""
    url = f"http://127.0.0.1:4566/?Action={action}&Version=2011-06-15"
    request = AWSRequest("GET", url, headers={"x-k8s-aws-id": cluster})
    keys = Credentials(person.access_key, secret or person.secret_key)
    made = datetime.now(UTC) - age
    signer = SigV4QueryAuth(keys, service, "ap-northeast-2", expires=60)
    with pytest.MonkeyPatch.context() as patch:
        # botocore takes the time of signing from its own clock only.
        patch.setattr("botocore.auth.get_current_datetime", lambda: made.replace(tzinfo=None))
        signer.add_auth(request)
    encoded = base64.urlsafe_b64encode(str(request.url).encode()).decode().rstrip("=")
    return f"k8s-aws-v1.{encoded}"


@pytest.fixture
def person(world: World) -> Person:
    return named(world.people, "user07")


def read(world: World, text: str) -> str | None:
    found = eks.reader(world.account, _CLUSTER, world.restrictions)(text)
    return found.name if found else None


def test_a_token_names_the_person_whose_key_signed_it(world: World, person: Person) -> None:
    assert read(world, token(person)) == "user07"
    assert read(world, token(named(world.people, "admin"))) == "admin"


def test_a_token_lives_for_fifteen_minutes(world: World, person: Person) -> None:
    assert read(world, token(person, age=timedelta(minutes=14))) == "user07"
    assert read(world, token(person, age=timedelta(minutes=16))) is None
    assert read(world, token(person, age=-timedelta(minutes=6))) is None


def test_a_token_for_anything_else_is_refused(world: World, person: Person) -> None:
    assert read(world, token(person, cluster="another-cluster")) is None
    assert read(world, token(person, service="s3")) is None
    assert read(world, token(person, action="GetSessionToken")) is None
    assert read(world, token(person, secret="a wrong secret")) is None


def test_text_that_is_no_token_is_refused(world: World, person: Person) -> None:
    for text in ("", "k8s-aws-v1.", "k8s-aws-v1.%%%", "k8s-aws-v1.aGVsbG8", token(person)[:-9]):
        assert read(world, text) is None


def test_expired_credentials_make_no_token(world: World, person: Person) -> None:
    world.break_("expired-credentials", "07")
    assert read(world, token(person)) is None
    world.mend("expired-credentials", "07")
    assert read(world, token(person)) == "user07"
