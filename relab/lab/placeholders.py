"""Names of one tenant and one environment that a lab's text leaves open, as `{name}`."""

import re
from collections.abc import Iterator, Mapping

from relab.korean import agree

PLACEHOLDERS: Mapping[str, str] = {
    "user_num": "the tenant's two-digit number as the course writes it, such as 07",
    "tenant": "the same number, where a relab command takes it",
    "user": "the tenant's user name, such as user07",
    "namespace": "the tenant's namespace",
    "profile": "the tenant's Kubeflow Profile",
    "owner": "the owner that Profile must have",
    "bucket": "the tenant's S3 bucket",
    "repository": "the tenant's likeliest ECR repository, without a final *",
    "cpu": "the CPU limit of the tenant's quota",
    "memory": "the memory limit of the tenant's quota",
    "other_namespace": "the namespace of another tenant, which must stay closed",
    "account": "the AWS account id",
    "region": "the AWS region",
    "cluster": "the EKS cluster",
    "git_url": "the course's Git repository",
    "git_name": "the folder that cloning it makes",
    "git_folder": "the lab's folder inside it",
}

_NAMED = re.compile(r"(?<!\$)\{([a-z][a-z0-9_]*)\}")
_FENCED = re.compile(r"(^```.*?(?:^```|\Z))", re.MULTILINE | re.DOTALL)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each `{name}` of `PLACEHOLDERS` that `values` holds filled in.

    All other braces stay as they are: shell variables, JSON, JSONPath. Outside fences, Korean
    particles agree with what was filled in: `{user}이(가)` becomes `user07이`.
    """

    def one(match: re.Match[str]) -> str:
        name = match[1]
        return values.get(name, match[0]) if name in PLACEHOLDERS else match[0]

    prose_and_fences = _FENCED.split(_NAMED.sub(one, text))
    prose_and_fences[::2] = map(agree, prose_and_fences[::2])
    return "".join(prose_and_fences)


def named(text: str) -> Iterator[tuple[int, str]]:
    """Yield line (from 1) and name of everything in `text` that looks like a placeholder."""
    for number, line in enumerate(text.splitlines(), start=1):
        for match in _NAMED.finditer(line):
            yield number, match[1]
