"""What is taken for a secret, and what stays readable: both ways."""

import base64
import random
import string
import time

import pytest

from relab.resources.kubernetes import looks

CERTIFICATE = (
    f"-----BEGIN CERTIFICATE-----\n{'MIIDBTCCAe2gAwIBAgIIQ7z' * 8}\n-----END CERTIFICATE-----\n"
)


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "PGPASSWORD",
        "MYSQL_ROOT_PASSWORD",
        "password",
        "smtp-passwd",
        "SMTP_PASS",
        "SSH_PASSPHRASE",
        "HF_TOKEN",
        "githubToken",
        "authToken",
        "CLIENT_SECRET",
        "DJANGO_SECRET_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AIRFLOW__CORE__FERNET_KEY",
        "apiKey",
        "OPENAI_API_KEY",
        "OPENAI_APIKEY",
        "SSH_PRIVATE_KEY",
        "GITHUB_PAT",
        "AWS_CREDENTIALS",
        "--password",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert looks.name(name)


@pytest.mark.parametrize(
    "name",
    [
        "MLFLOW_TRACKING_URI",
        "KF_PIPELINES_SA_TOKEN_PATH",
        "PASSWORD_FILE",
        "POSTGRES_PASSWORD_FILE",
        "SECRET_NAME",
        "AWS_DEFAULT_REGION",
        "PUBLIC_KEY",
        "MAX_TOKENS",
        "TOKENIZER",
        "TOKEN_EXPIRATION_SECONDS",
        "PARTITION_KEY",
        "COMPASS",
        "PATH",
        "key",
        "",
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not looks.name(name)


@pytest.mark.parametrize("name", ["secretKey", "secretName", "secret", "existingSecret", "key"])
def test_names_of_secrets_elsewhere_than_in_variables_are_no_secrets(name: str) -> None:
    assert not looks.name(name, env=False)


@pytest.mark.parametrize(
    "value",
    [
        "AKIA" + "ABCDEFGH12345678",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyMDcifQ.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 9,
        "glpat-abcdefghij0123456789",
        "sk-proj-" + "Ab3d" * 8,
        "xoxb-123456789012-abcdefghij",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXX",
        "postgresql://mlflow:hunter2@postgres:5432/mlflow",
        "redis://:hunter22@redis:6379",
        "curl -H 'Authorization: Bearer abcdefgh12345678' http://x",
        "--password=hunter2",
        "psql --host x --db-password=hunter2 -c 'select 1'",
        "PGPASSWORD=hunter2 psql",
        "export GITHUB_TOKEN='hunter two'",
        "spring:\n  datasource:\n    password: hunter2\n",
        "db:\n  password: hunter2\n",
        'aws: {"secret_access_key": "hunter2"}',
        "[client]\npassword = hunter2\n",
        "q7XkP2mZ9vL4tRw8NbYc3HdJ",
    ],
)
def test_values_that_are_or_hold_secrets(value: str) -> None:
    assert looks.value(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "http://mlflow-server.kubeflow-user07.svc.cluster.local:5000",
        "s3://mlops-training-user07/mlflow-artifacts",
        "postgresql://mlflow@postgres.mlflow-system:5432/mlflow_user07",
        "postgresql://mlflow:$(DB_PASSWORD)@postgres:5432/mlflow",
        "postgresql://mlflow:${DB_PASSWORD}@postgres:5432/mlflow",
        "arn:aws:iam::123456789012:role/mlops-training-user07",
        "arn:aws:iam::123456789012:role/MlopsStack-UserRole1A2B3C4D-1X2Y3Z4W5V6U",
        "arn:aws:sagemaker:ap-northeast-2:123456789012:pipeline/TrainAndRegister",
        "602401143452.dkr.ecr.ap-northeast-2.amazonaws.com/eks/coredns:v1.11.4-eksbuild.2",
        "ghcr.io/mlflow/mlflow@sha256:7d7ef4ecfc2dd35b3d3c87fabc1665b36ab4bdc723862b824a4005f9cc409607",
        "a31b3453-5972-4e04-8f8c-30e38a65c0af",
        "0af7651916cd43dd8448eb211c80319c",
        "7d9f8c6b5",
        "/var/run/secrets/kubeflow/pipelines/token",
        "models/Llama3/8B/Instruct/checkpoint1200Final/weights",
        "com.example.platform.KubeflowV2DagRunnerConfiguration1",
        "sklearn.ensemble.RandomForestClassifier",
        "sha256-n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq7XkP2mZ9vL4tRw8NbYc3HdJ me",
        CERTIFICATE,
        base64.b64encode(CERTIFICATE.encode()).decode(),
        "--token-path=/var/run/token",
        "--password-file=/etc/pw",
        "--authentication-token-webhook=true",
        "password: ${DB_PASSWORD}",
        "password: <your-password>",
        "token = get_token(session)",
        "read the password from the vault",
        "2026-11-21T15:24:10Z",
    ],
)
def test_values_that_stay_readable(value: str) -> None:
    assert not looks.value(value)


def test_random_words_are_found_and_ids_are_not() -> None:
    chance = random.Random(7)
    letters = string.ascii_letters + string.digits
    words = ["".join(chance.choices(letters, k=40)) for _ in range(500)]
    assert sum(map(looks.value, words)) > 490
    ids = ["".join(chance.choices("0123456789abcdef", k=40)) for _ in range(500)]
    names = ["".join(chance.choices(string.ascii_lowercase + string.digits, k=30)) for _ in ids]
    assert not any(map(looks.value, [*ids, *names]))


@pytest.mark.parametrize(
    "value", ["$(PASSWORD)", "${PASSWORD}", "{{ secret }}", "/etc/pw", "true", "", "none", "<pw>"]
)
def test_what_stands_for_a_secret_says_nothing(value: str) -> None:
    assert not looks.says(value)
    assert looks.says(f"x{value}y") or value.startswith(("$", "{", "<"))


@pytest.mark.parametrize(
    "piece", ["$(", "{{a", "://a:", "eyJ", "-eyJ", "sk-", "-----BEGIN ", "password=", "ab<", "aB3"]
)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        began = time.thread_time()
        looks.value(text)
        return time.thread_time() - began

    short = min(seconds(6_000) for _ in range(3))
    assert min(seconds(96_000) for _ in range(2)) < 100 * short
