"""One person's view of a sandbox over the wire, by boto3 and plain HTTPS."""

import json
import ssl
import urllib.error
import urllib.request
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from relab.sandbox.session import Session

PATIENCE_SECONDS = 8.0


@dataclass(frozen=True)
class Eyes:
    """Asks as `tenant`, or as the admin (None); gives up after `PATIENCE_SECONDS`."""

    sandbox: Session
    tenant: str | None

    def aws(self, service: str) -> Any:
        """Return a boto3 client that does not retry."""
        env = self.sandbox.env(self.tenant)
        return boto3.client(
            service,  # type: ignore[call-overload]  # the name is the caller's
            endpoint_url=env["AWS_ENDPOINT_URL"],
            region_name=env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            config=Config(
                retries={"total_max_attempts": 1},
                connect_timeout=PATIENCE_SECONDS,
                read_timeout=PATIENCE_SECONDS,
            ),
        )

    def code(self, service: str, operation: str, **given: object) -> str:
        """Return `ok`, AWS's error code, or the name of what went wrong on the way."""
        try:
            getattr(self.aws(service), operation)(**given)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return type(error).__name__
        return "ok"

    def kube(self, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and decoded answer of a GET, or of a POST of `body`; 0 when it is late."""
        env = self.sandbox.env(self.tenant)
        config = yaml.safe_load(Path(env["KUBECONFIG"]).read_text(encoding="utf-8"))
        context = env["KUBECONFIG"].rpartition("/")[2].removesuffix(".yaml")
        token = next(row["user"]["token"] for row in config["users"] if row["name"] == context)
        cluster = config["clusters"][0]["cluster"]
        authority = b64decode(cluster["certificate-authority-data"]).decode()
        request = urllib.request.Request(
            cluster["server"] + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        trust = ssl.create_default_context(cadata=authority)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        try:
            with opener.open(request, timeout=PATIENCE_SECONDS) as answer:
                text = answer.read().decode()
                return answer.status, json.loads(text) if text.startswith("{") else text
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers)
        except TimeoutError:
            return 0, None

    def status(self, path: str) -> int:
        """Return the status of a GET."""
        return self.kube(path)[0]

    def names(self, path: str) -> list[str]:
        """Return the names in a list, or the status in words when it is refused."""
        status, answer = self.kube(path)
        if status != 200:
            return [str(status)]
        return [item["metadata"]["name"] for item in answer["items"]]
