"""The one account inside moto, reached in-process: the parts of its state that are ours to touch.

Seeding and faults go through moto's own back ends, not over HTTP: forty times quicker, and what a
fault takes away is put back as the very same objects, versions and dates included.
"""

import base64
from collections.abc import Callable, Iterable, Iterator

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.ecr.models import ECRBackend, Repository, ecr_backends
from moto.eks.models import EKSBackend, eks_backends
from moto.iam.models import AccessKey, IAMBackend, iam_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends
from moto.sts.models import sts_backends

from relab.sandbox.aws.gate import Call, Key
from relab.sandbox.aws.models import share_models
from relab.sandbox.aws.outside import stand
from relab.sandbox.aws.shelf import Shelf
from relab.sandbox.people import Person
from relab.sandbox.registry.blobs import Blobs

PARTITION = "aws"
Objects = dict[str, list[FakeKey]]


def _nothing() -> None:
    """Do nothing: no cluster is served yet."""


class Account:
    """Account `number` in `region`, called `alias`, with the identities of `people`."""

    def __init__(
        self, number: str, region: str, people: tuple[Person, ...], alias: str | None = None
    ) -> None:
        self.number = number
        self.region = region
        self._people = people
        self._alias = alias
        self._by_key = {person.access_key: person for person in people}
        self._cluster: tuple[str, str, bytes] | None = None
        self._gone: Callable[[], None] = _nothing
        self.blobs = Blobs()
        share_models()
        self.admit()

    @property
    def s3(self) -> S3Backend:
        """S3 of this account, as moto keeps it."""
        return s3_backends[self.number][PARTITION]

    @property
    def ecr(self) -> ECRBackend:
        """ECR of this account and region, as moto keeps it."""
        return ecr_backends[self.number][self.region]

    @property
    def eks(self) -> EKSBackend:
        """EKS of this account and region, as moto keeps it."""
        return eks_backends[self.number][self.region]

    @property
    def iam(self) -> IAMBackend:
        """IAM of this account, as moto keeps it."""
        return iam_backends[self.number][PARTITION]

    def wipe(self) -> None:
        """Forget everything in every service but the identities, which go on working."""
        BackendDict.reset()
        reset_model_data()
        self.blobs.forget()
        self.admit()

    @property
    def stand_ins(self) -> int:
        """How many things of EKS and ECR there are that moto does not know."""
        homes = (self.ecr, *self.eks.clusters.values())
        return sum(1 for home in homes for _ in Shelf(home).everything())

    def make(self, part: str, steps: Iterator[str]) -> None:
        """Take all `steps`; what a step of `part` makes gets the same identifiers each time."""
        try:
            mock_random.seed(part)
            for number, _ in enumerate(steps):
                mock_random.seed(f"{part} {number}")
        finally:
            mock_random.seed()

    def admit(self) -> None:
        """Make the alias, everyone's IAM user and access key, and what AWS and others own."""
        stand(self.iam, self.region)
        if self._alias:
            self.iam.create_account_alias(self._alias)
        for person in self._people:
            self.iam.create_user(self.region, person.iam_user).id = person.user_id
            key = self.iam.create_access_key(person.iam_user)
            del self.iam.access_keys[key.access_key_id]
            key.access_key_id = person.access_key
            key.secret_access_key = person.secret_key
            self.iam.access_keys[person.access_key] = key

    def find_key(self, access_key: str) -> Key | None:
        """Return the active key `access_key`, ours or one that a caller has made."""
        found = self.iam.access_keys.get(access_key)
        if found is not None and found.user_name and found.status == "Active":
            return self._user_key(found)
        role = sts_backends[self.number][PARTITION].get_assumed_role_from_access_key(access_key)
        return Key(role.secret_access_key, role.arn, None) if role else None

    def _user_key(self, found: AccessKey) -> Key:
        person = self._by_key.get(found.access_key_id)
        arn = f"arn:{PARTITION}:iam::{self.number}:user/{found.user_name}"
        return Key(found.secret_access_key, arn, person.name if person else None)

    def person_of(self, access_key: str) -> Person | None:
        """Return the person whose key this is; None for any other key."""
        return self._by_key.get(access_key)

    def serve_cluster(
        self, name: str, endpoint: str, ca_pem: bytes, gone: Callable[[], None]
    ) -> None:
        """Make the EKS cluster `name`, now or whenever it is created, answer `endpoint`.

        When it is deleted, `gone` is called: what was in it is no more.
        """
        self._cluster, self._gone = (name, endpoint, ca_pem), gone
        self._bind()

    def after(self, call: Call) -> None:
        """Look at a call that was let through: a created cluster gets its endpoint."""
        if call.service != "eks":
            return
        if call.request.method == "POST":
            self._bind()
        elif call.request.method == "DELETE" and self._is_deletion(call.request.path):
            self._gone()

    def _is_deletion(self, path: str) -> bool:
        """Tell whether a call to delete the cluster that we serve has been answered with yes."""
        name = self._cluster[0] if self._cluster else ""
        return path.partition("?")[0] == f"/clusters/{name}" and name not in self.eks.clusters

    def _bind(self) -> None:
        name, endpoint, ca_pem = self._cluster or ("", "", b"")
        cluster = self.eks.clusters.get(name)
        if cluster is not None:
            cluster.endpoint = endpoint
            cluster.certificate_authority = {"data": base64.b64encode(ca_pem).decode()}

    def take_bucket(self, name: str) -> FakeBucket | None:
        """Take bucket `name` away with all it holds and return it; None when there is none."""
        s3_backends.bucket_accounts.pop(name, None)
        return self.s3.buckets.pop(name, None)

    def return_bucket(self, bucket: FakeBucket) -> None:
        """Put back what `take_bucket` took, in place of anything made since."""
        self.s3.buckets[bucket.name] = bucket
        s3_backends.bucket_accounts[bucket.name] = (PARTITION, self.number)

    def take_objects(self, bucket: str, prefixes: Iterable[str]) -> Objects:
        """Take every version of the objects under `prefixes` away and return them."""
        found = self.s3.buckets.get(bucket)
        if found is None:
            return {}
        keys = [key for key in list(found.keys) if key.startswith(tuple(prefixes))]
        # dict.pop, since the store's own pop also closes the objects' bodies
        return {key: dict.pop(found.keys, key) for key in keys}

    def return_objects(self, bucket: str, objects: Objects) -> None:
        """Put back what `take_objects` took."""
        found = self.s3.buckets.get(bucket)
        if found is not None:
            dict.update(found.keys, objects)

    def take_repositories(self, names: Iterable[str]) -> list[Repository]:
        """Take the repositories `names` away with their images and return them."""
        taken = (self.ecr.repositories.pop(name, None) for name in names)
        return [repository for repository in taken if repository is not None]

    def return_repositories(self, repositories: Iterable[Repository]) -> None:
        """Put back what `take_repositories` took."""
        self.ecr.repositories.update({item.name: item for item in repositories})
