import pickle
import socket

import pytest
from botocore.utils import parse_timestamp

from relab.clouds import AwsTarget, aws
from relab.clouds.aws import Aws, Keys
from relab.clouds.outcome import Outcome, outcome_of
from tests.clouds.servers import Says, serving

REGION = "ap-northeast-2"
HTML = b"<!doctype html><html><title>500 Internal Server Error</title></html>"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(aws, "READ_SECONDS", 0.5)
    monkeypatch.setattr(aws, "CONNECT_SECONDS", 0.5)


def asked(says: Says, service: str, operation: str, **params: str) -> Outcome:
    with serving(says) as endpoint:
        reply = Aws().call(AwsTarget(REGION, endpoint), service, operation, params)
    return outcome_of("aws", reply.status)


def s3(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (404, "NoSuchBucket", Outcome.MISSING),
        (403, "AccessDenied", Outcome.DENIED),
        (400, "ExpiredToken", Outcome.EXPIRED),
        (403, "InvalidAccessKeyId", Outcome.EXPIRED),
        (503, "SlowDown", Outcome.THROTTLED),
        (404, "NoSuchKey", Outcome.UNEXPECTED),
        (400, "MadeUpTomorrow", Outcome.UNEXPECTED),
    ],
)
def test_s3_errors(status: int, code: str, outcome: Outcome) -> None:
    says = Says(status, s3(code), "application/xml")
    assert asked(says, "s3", "ListObjectsV2", Bucket="b") is outcome


@pytest.mark.parametrize("status", [404, 500])
@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("s3", "ListObjectsV2", {"Bucket": "b"}),
        ("ecr", "DescribeRepositories", {}),
        ("sts", "GetCallerIdentity", {}),
    ],
)
def test_a_page_of_html_is_never_absence(
    status: int, service: str, operation: str, params: dict[str, str]
) -> None:
    outcome = asked(Says(status, HTML, "text/html"), service, operation, **params)
    assert outcome is Outcome.UNEXPECTED


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"__type": "RepositoryNotFoundException"}', Outcome.MISSING),
        (b'{"__type": "AccessDeniedException"}', Outcome.DENIED),
        (b'{"__type": "ThrottlingException"}', Outcome.THROTTLED),
        (b'{"__type": "UnrecognizedClientException"}', Outcome.EXPIRED),
    ],
)
def test_json_errors(body: bytes, outcome: Outcome) -> None:
    assert (
        asked(Says(400, body, "application/x-amz-json-1.1"), "ecr", "DescribeRepositories")
        is outcome
    )


def test_a_late_answer_is_a_time_out() -> None:
    assert asked(Says(wait=2.0), "ecr", "DescribeRepositories") is Outcome.TIMEOUT


def test_nobody_there_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
        reply = Aws().call(AwsTarget(REGION, endpoint), "sts", "GetCallerIdentity", {})
    assert outcome_of("aws", reply.status) is Outcome.UNREACHABLE


def test_no_credentials_is_said_without_asking_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    says = Says()
    with serving(says) as endpoint:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
        reply = Aws().call(AwsTarget(REGION, endpoint), "sts", "GetCallerIdentity", {})
    assert outcome_of("aws", reply.status) is Outcome.NO_CREDENTIALS
    assert says.heard == []


def test_a_credential_profile_that_is_not_there(tmp_path: object) -> None:
    target = AwsTarget(REGION, "http://127.0.0.1:9", f"{tmp_path}/none", "user07")
    reply = Aws().call(target, "sts", "GetCallerIdentity", {})
    assert outcome_of("aws", reply.status) is Outcome.NO_CREDENTIALS
    assert "user07" in reply.detail


def test_the_profiles_endpoint_wins_over_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, here = Says(), Says(400, b'{"__type": "ThrottlingException"}')
    with serving(elsewhere) as wrong, serving(here) as right:
        monkeypatch.setenv("AWS_ENDPOINT_URL", wrong)
        monkeypatch.setenv("HTTP_PROXY", wrong)
        Aws().call(AwsTarget(REGION, right), "ecr", "DescribeRepositories", {})
    assert elsewhere.heard == []
    assert here.heard
    assert "relab/" in here.heard[0][2]["User-Agent"]


def test_access_that_lasts_goes_to_another_process_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-of-a-session")
    target = AwsTarget(REGION, "http://127.0.0.1:1")
    access = Aws().access(target, "s3")
    other = Aws()
    other.tell(target, "s3", pickle.loads(pickle.dumps(access)))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert other.access(target, "s3") == access
    assert access.keys == Keys("AKIAEXAMPLEEXAMPLE00", "secret", "token-of-a-session")
    assert "secret'" not in repr(access)
    assert "token-of" not in repr(access)


def test_a_client_is_made_once() -> None:
    cloud, target = Aws(), AwsTarget(REGION, "http://127.0.0.1:9")
    assert cloud.client(target, "sts") is cloud.client(target, "sts")
    assert cloud.client(target, "sts") is not cloud.client(target, "s3")


@pytest.mark.parametrize(
    "told",
    [
        "2026-03-01T09:30:15.000Z",
        "2026-03-01T09:30:15+09:00",
        "Sun, 01 Mar 2026 09:30:15 GMT",
        "Tue, 03 Mar 2026 09:30:15 GMT",
        "1772357415",
    ],
)
def test_times_are_read_as_the_sdk_reads_them(told: str) -> None:
    bucket = f"<Bucket><Name>b</Name><CreationDate>{told}</CreationDate></Bucket>"
    body = f"<ListAllMyBucketsResult><Buckets>{bucket}</Buckets></ListAllMyBucketsResult>"
    with serving(Says(200, body.encode(), "application/xml")) as endpoint:
        reply = Aws().call(AwsTarget(REGION, endpoint), "s3", "ListBuckets", {})
    found = reply.body["Buckets"][0]["CreationDate"]
    assert found.isoformat() == parse_timestamp(told).isoformat()


def test_times_in_seconds_are_read_as_the_sdk_reads_them() -> None:
    body = b'{"repositories": [{"repositoryName": "r", "createdAt": 1772357415.25}]}'
    with serving(Says(200, body, "application/x-amz-json-1.1")) as endpoint:
        reply = Aws().call(AwsTarget(REGION, endpoint), "ecr", "DescribeRepositories", {})
    found = reply.body["repositories"][0]["createdAt"]
    assert found.isoformat() == parse_timestamp("1772357415.25").isoformat()
