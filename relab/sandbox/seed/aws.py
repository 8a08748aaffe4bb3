"""Fill the embedded AWS with repositories, and with a bucket and its objects a tenant."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from profiles.model import Profile
from profiles.naming import names
from relab.sandbox.aws.account import Account
from relab.sandbox.registry.images import Pushed, add
from relab.sandbox.seed import images
from relab.sandbox.seed.template import fill, read

ARTIFACTS = ("mlflow-artifacts/", "kubeflow-pipeline-artifacts/")
Words = Mapping[str, str]


def plant_platform(account: Account) -> None:
    """Create the repositories that are no tenant's."""
    for repository in read("aws")["platform_repositories"]:
        _repository(account, repository)


def plant_tenant(account: Account, profile: Profile, tenant: str) -> None:
    """Create the bucket with its objects, and the repositories with their images."""
    words = tenant_words(profile, tenant)
    _bucket(account, words["bucket"])
    for key, body in objects(words):
        account.s3.put_object(words["bucket"], key, body.encode())
    for repository in read("aws")["repositories"]:
        _repository(account, fill(repository, words))


def tenant_words(profile: Profile, tenant: str) -> dict[str, str]:
    """Return the words that a tenant's templates may use."""
    called = names(profile, tenant)
    return {
        "account": profile.aws.account,
        "region": profile.aws.region,
        "user": called.user,
        "owner": called.owner,
        "bucket": called.buckets[0],
        "namespace": called.namespaces[0],
        "profile": called.profiles[0],
        "cpu": called.cpu,
        "memory": called.memory,
    }


def repositories(words: Words) -> list[str]:
    """Return the names of a tenant's repositories."""
    return [fill(item["name"], words) for item in read("aws")["repositories"]]


def experiments(words: Words) -> list[dict[str, str]]:
    """Return a tenant's MLflow experiments: id, name and artifact location."""
    return [
        {
            "experiment_id": str(number),
            "name": name,
            "artifact_location": f"s3://{words['bucket']}/mlflow-artifacts/{number}",
        }
        for number, name in enumerate(read("aws")["experiments"]["names"])
    ]


def objects(words: Words) -> Iterator[tuple[str, str]]:
    """Yield the key and the body of every object of a tenant's bucket."""
    data = read("aws")
    for number in range(len(data["experiments"]["names"])):
        yield from _folder(data["experiments"], words, "experiment", number)
    for number in range(1, data["runs"]["count"] + 1):
        yield from _folder(data["runs"], words, "number", number)


def _folder(part: Any, words: Words, called: str, number: int) -> Iterator[tuple[str, str]]:
    run = hashlib.sha256(f"{words['user']} {number}".encode()).hexdigest()[:32]
    inside = {**words, called: str(number), "run": run}
    folder = fill(part["folder"], inside)
    for path, body in part["objects"].items():
        yield f"{folder}/{path}", fill(body, inside)


def _bucket(account: Account, name: str) -> None:
    data = read("aws")
    account.s3.create_bucket(name, account.region)
    account.s3.put_bucket_versioning(name, "Enabled")
    account.s3.put_bucket_encryption(name, data["encryption"])
    account.s3.put_public_access_block(name, data["public_access"])


def _repository(account: Account, wanted: Any) -> None:
    data, ecr, name = read("aws"), account.ecr, wanted["name"]
    ecr.create_repository(
        repository_name=name,
        registry_id=account.number,
        encryption_config={},
        image_scan_config={"scanOnPush": True},
        image_tag_mutability="MUTABLE",
        tags=[],
    )
    ecr.put_lifecycle_policy(account.number, name, json.dumps(data["lifecycle"]))
    for image in wanted["images"]:
        _push(account, name, pushed(name, image), image)


def pushed(repository: str, wanted: Any) -> images.Image:
    """Return the image that a seed describes by `tag` or `tags`, and perhaps `platforms`."""
    tags = _tags(wanted)
    called = f"{repository}:{tags[0] if tags else wanted['minutes']}"
    layers = fill(read("aws")["layers"], {"image": called})
    if "platforms" in wanted:
        return images.index(layers, wanted["platforms"])
    return images.image(layers)


def _tags(wanted: Any) -> list[str]:
    return [wanted["tag"]] if "tag" in wanted else list(wanted["tags"])


def _push(account: Account, name: str, image: images.Image, wanted: Any) -> None:
    holder, tags = account.ecr.repositories[name], _tags(wanted)
    for child in image.children:
        _push(account, name, child, {**wanted, "tags": []})
    holder.layers.update({account.blobs.keep(blob): len(blob) for blob in image.blobs})
    reference = tags[0] if tags else image.digest
    put = add(account, holder, Pushed(reference, image.media_type, image.text.encode()))
    put.image_tags.extend(tags[1:])
    put.image_pushed_at = int(time.time()) - 60 * wanted["minutes"]
