"""Images and tags that a snapshot does not have, taken out of a repository."""

from collections.abc import Iterator, Mapping
from typing import Any

from relab.clouds.oci import Manifest
from relab.clouds.outcome import Reply
from relab.clouds.registry_http import Unanswered
from relab.resources.paging import gathered
from restore.calls import Patience, may_pass
from restore.drain import Inside
from restore.trouble import NotDone

_SERVICE = "ecr"
_MOST = 100  # what BatchDeleteImage takes
# An image that an index names goes after the index.
_LATER = "ImageReferencedByManifestList"
_GONE = "ImageNotFound"
Id = dict[str, str]
Tags = Mapping[str, frozenset[str]]


def drain(inside: Inside, dry: bool) -> int:
    """Take away the images that were not saved, and of others the tags that they did not have."""
    documents = [entry.item.document for entry in inside.entries()]
    saved = {one["digest"]: frozenset(one.get("tags") or ()) for one in documents}
    standing = _standing(inside)
    extra = list(_extra(standing, saved))
    if extra and not dry:
        with_manifests = _losing_all_tags(inside, standing, saved)
        _delete(inside, extra)
        _put_untagged(inside, with_manifests)
    return len(extra)


def _extra(standing: Tags, saved: Tags) -> Iterator[Id]:
    for digest, tags in standing.items():
        if digest not in saved:
            yield {"imageDigest": digest}
        else:
            yield from ({"imageTag": tag} for tag in sorted(tags - saved[digest]))


def _standing(inside: Inside) -> Tags:
    params = {"repositoryName": inside.key}
    reply = gathered(lambda *asked: _call(inside, *asked), _SERVICE, "DescribeImages", params)
    if not reply.ok:
        raise NotDone(f"DescribeImages: {reply.status}: {reply.detail}")
    found = reply.body["imageDetails"]
    return {one["imageDigest"]: frozenset(one.get("imageTags") or ()) for one in found}


def _delete(inside: Inside, extra: list[Id]) -> None:
    """Delete in rounds: each takes away what was named by something else in the one before."""
    while extra:
        left = [
            one
            for at in range(0, len(extra), _MOST)
            for one in _batch(inside, extra[at : at + _MOST])
        ]
        if len(left) == len(extra):
            raise NotDone(f"{len(left)} images are named by others, such as {left[0]}")
        extra = left


def _batch(inside: Inside, ids: list[Id]) -> list[Id]:
    """Delete some; return those that must wait. NotDone when one cannot be deleted."""
    params = {"repositoryName": inside.key, "imageIds": ids}
    for _ in Patience().rounds():
        reply = _call(inside, "BatchDeleteImage", params)
        if reply.ok or not may_pass(reply):
            break
    if not reply.ok:
        raise NotDone(f"BatchDeleteImage: {reply.status}: {reply.detail}")
    left = []
    for one in reply.body.get("failures") or ():
        if one["failureCode"] == _LATER:
            left.append({k: v for k, v in one["imageId"].items() if {k: v} in ids})
        elif one["failureCode"] != _GONE:
            raise NotDone(f"{one['imageId']}: {one['failureCode']}: {one.get('failureReason', '')}")
    return left


def _losing_all_tags(inside: Inside, standing: Tags, saved: Tags) -> list[Manifest]:
    """Return the saved images that had no tag: with the last tag ECR takes the image away, too."""
    bare = [
        digest for digest, tags in standing.items() if tags and saved.get(digest) == frozenset()
    ]
    try:
        return [inside.world.registry.manifest(inside.key, digest) for digest in bare]
    except Unanswered as error:
        raise NotDone(str(error)) from error


def _put_untagged(inside: Inside, manifests: list[Manifest]) -> None:
    try:
        for one in manifests:
            inside.world.registry.put_manifest(inside.key, one.digest, one)
    except Unanswered as error:
        raise NotDone(f"an image went with its last tag: {error}") from error


def _call(inside: Inside, operation: str, params: Mapping[str, Any]) -> Reply:
    return inside.world.aws.call(inside.world.target, _SERVICE, operation, params)
