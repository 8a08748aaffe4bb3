"""Who gets through to the embedded AWS, and in which words the others are refused."""

import hashlib
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from relab.sandbox.session import Session
from tests.sandbox.eyes import Eyes

_KNOWN, _STRANGE = "known", "AKIAAAAAAAAAAAAAAAAA"
CALLS = {
    "sts": "get_caller_identity",
    "iam": "list_users",
    "s3": "list_buckets",
    "ecr": "describe_repositories",
    "eks": "list_clusters",
    "ec2": "describe_vpcs",
}
UNKNOWN_KEY = {
    "sts": "InvalidClientTokenId",
    "iam": "InvalidClientTokenId",
    "s3": "InvalidAccessKeyId",
    "ecr": "UnrecognizedClientException",
    "eks": "UnrecognizedClientException",
    "ec2": "AuthFailure",
}
WRONG_SECRET = {
    "sts": "SignatureDoesNotMatch",
    "iam": "SignatureDoesNotMatch",
    "s3": "SignatureDoesNotMatch",
    "ecr": "InvalidSignatureException",
    "eks": "InvalidSignatureException",
    "ec2": "AuthFailure",
}


def client(sandbox: Session, service: str, key: str, secret: str) -> Any:
    env = sandbox.env("07")
    return boto3.client(
        service,  # type: ignore[call-overload]  # the name is the table's
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"] if key == _KNOWN else key,
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"] if secret == _KNOWN else secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def code(service: Any, operation: str) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(service, operation)()
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("service", CALLS)
def test_an_unknown_key_is_refused_in_the_words_of_each_protocol(
    sandbox: Session, service: str
) -> None:
    stranger = client(sandbox, service, _STRANGE, "secret")
    assert code(stranger, CALLS[service]) == UNKNOWN_KEY[service]


@pytest.mark.parametrize("service", CALLS)
def test_a_wrong_secret_is_noticed(sandbox: Session, service: str) -> None:
    mistaken = client(sandbox, service, _KNOWN, "not the secret")
    assert code(mistaken, CALLS[service]) == WRONG_SECRET[service]


@pytest.mark.parametrize("service", CALLS)
def test_the_right_key_gets_through(sandbox: Session, service: str) -> None:
    assert Eyes(sandbox, "07").code(service, CALLS[service]) == "ok"


def test_everyone_is_who_they_are(sandbox: Session) -> None:
    for tenant, name in (("07", "user07"), ("20", "user20"), (None, "mlops-training")):
        told = Eyes(sandbox, tenant).aws("sts").get_caller_identity()
        assert told["Account"] == "123456789012"
        assert told["Arn"] == f"arn:aws:iam::123456789012:user/{name}"


def test_keys_that_a_caller_makes_work_until_they_are_made_inactive(changeable: Session) -> None:
    iam = Eyes(changeable, None).aws("iam")
    iam.create_user(UserName="robot")
    made = iam.create_access_key(UserName="robot")["AccessKey"]
    robot = client(changeable, "sts", made["AccessKeyId"], made["SecretAccessKey"])
    assert robot.get_caller_identity()["Arn"].endswith(":user/robot")
    iam.update_access_key(UserName="robot", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert code(robot, "get_caller_identity") == "InvalidClientTokenId"


@pytest.mark.parametrize("path", ["", "mlops-training-user07", "moto-api/data.json"])
def test_unsigned_requests_see_nothing(sandbox: Session, path: str) -> None:
    endpoint = sandbox.env(None)["AWS_ENDPOINT_URL"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(f"{endpoint}/{path}", timeout=10)
    with caught.value as answer:
        assert (answer.code, b"AccessDenied" in answer.read()) == (403, True)


def test_presigned_links_work_and_end(sandbox: Session) -> None:
    s3 = Eyes(sandbox, "07").aws("s3")
    key = s3.list_objects_v2(Bucket="mlops-training-user07", MaxKeys=1)["Contents"][0]["Key"]
    wanted = {"Bucket": "mlops-training-user07", "Key": key}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    good = s3.generate_presigned_url("get_object", Params=wanted)
    with opener.open(good, timeout=10) as answer:
        assert answer.read() == s3.get_object(**wanted)["Body"].read()
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(s3.generate_presigned_url("get_object", Params=wanted, ExpiresIn=0), timeout=10)
    with caught.value as refused:
        assert (refused.code, b"expired" in refused.read()) == (403, True)


def test_objects_keep_names_metadata_and_bytes(changeable: Session) -> None:
    s3 = Eyes(changeable, "07").aws("s3")
    place = {"Bucket": "mlops-training-user07", "Key": "a//b c/한글+~.bin"}
    body = bytes(range(256)) * 4096
    s3.put_object(**place, Body=body, Metadata={"run_id": "7"}, ContentEncoding="gzip")
    found = s3.get_object(**place)
    assert (found["Body"].read(), found["Metadata"]) == (body, {"run_id": "7"})
    assert s3.head_object(**place)["ContentLength"] == len(body)


def test_a_tenant_holds_what_the_lab_shows(sandbox: Session) -> None:
    eyes = Eyes(sandbox, "07")
    bucket = "mlops-training-user07"
    s3, ecr = eyes.aws("s3"), eyes.aws("ecr")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 42
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == "ap-northeast-2"
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    for folder, count in (("mlflow-artifacts/", 5), ("kubeflow-pipeline-artifacts/", 3)):
        found = s3.list_objects_v2(Bucket=bucket, Prefix=folder, Delimiter="/")
        assert len(found["CommonPrefixes"]) == count
    tags = {
        "mlops-user07-preprocessing": ["v1.0.0", "latest", "dev"],
        "mlops-user07-training": ["v1.0.0", "latest"],
        "mlops-training/user07": [],
    }
    for name, wanted in tags.items():
        images = ecr.describe_images(repositoryName=name)["imageDetails"]
        newest = sorted(images, key=lambda image: image["imagePushedAt"], reverse=True)
        assert [tag for image in newest for tag in image["imageTags"]] == wanted
        assert ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]


def test_image_digests_are_true_to_the_manifests(sandbox: Session) -> None:
    ecr = Eyes(sandbox, "07").aws("ecr")
    found = ecr.batch_get_image(
        repositoryName="mlops-user07-training", imageIds=[{"imageTag": "latest"}]
    )["images"][0]
    digest = hashlib.sha256(found["imageManifest"].encode()).hexdigest()
    assert found["imageId"]["imageDigest"] == f"sha256:{digest}"
