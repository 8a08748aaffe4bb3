"""What a student leaves behind: a hand in the sandbox that breaks and adds things of a tenant."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from profiles.model import Profile
from profiles.naming import Names, names
from relab.clouds.kube import JSON
from relab.clouds.oci import Manifest
from restore.data.volumes import Volume
from snapshot.collect.scope import Scope
from snapshot.collect.world import Brief, World
from snapshot.vault.seal import Sealer
from tests.restore.small import TRUST, policy

MERGE = "application/merge-patch+json"
KINDS = {
    "Pod": "api/v1/{}pods",
    "ConfigMap": "api/v1/{}configmaps",
    "Secret": "api/v1/{}secrets",
    "ResourceQuota": "api/v1/{}resourcequotas",
    "PersistentVolumeClaim": "api/v1/{}persistentvolumeclaims",
    "Deployment": "apis/apps/v1/{}deployments",
    "RoleBinding": "apis/rbac.authorization.k8s.io/v1/{}rolebindings",
    "ClusterRoleBinding": "apis/rbac.authorization.k8s.io/v1/{}clusterrolebindings",
    "PodDefault": "apis/kubeflow.org/v1alpha1/{}poddefaults",
    "Namespace": "api/v1/{}namespaces",
}


@dataclass(frozen=True)
class Student:
    """Tenant `number`, with the rights of the profile's own caller."""

    profile: Profile
    number: str
    deleted: str = "access-ml-pipeline"

    @cached_property
    def world(self) -> World:
        brief = Brief(self.profile, Scope((self.number,)), self.profile.aws.account, "", _NOBODY)
        return World(brief)

    @property
    def called(self) -> Names:
        return names(self.profile, self.number)

    @property
    def space(self) -> str:
        return self.called.namespaces[0]

    @property
    def bucket(self) -> str:
        return self.called.buckets[0]

    def aws(self, service: str, operation: str, **params: Any) -> Any:
        reply = self.world.aws.call(self.world.target, service, operation, params)
        assert reply.ok, (operation, reply)
        return reply.body

    def kube(
        self, method: str, kind: str, name: str = "", body: Any = None, space: str | None = None
    ) -> Any:
        space = self.space if space is None else space
        path = "/" + KINDS[kind].format(f"namespaces/{space}/" if space else "")
        path += f"/{name}" if name else ""
        media = MERGE if method == "PATCH" else JSON
        reply = self.world.kube.request(
            self.world.kube_target, path, body=body, method=method, media=media
        )
        assert reply.ok, (method, path, reply)
        return reply.body

    def make(self, kind: str, name: str, space: str | None = None, **rest: Any) -> Any:
        root = KINDS[kind].partition("/{}")[0]
        version = root.removeprefix("apis/").removeprefix("api/")
        head = {"apiVersion": version, "kind": kind, "metadata": {"name": name}}
        return self.kube("POST", kind, "", head | rest, space)

    def untidy(self) -> None:
        """Break and add things of each sort."""
        self.in_the_cluster()
        self.in_the_account()
        self.in_the_data()

    def in_the_cluster(self) -> None:
        little = {"cpu": "10m", "memory": "16Mi"}
        asked = {"requests": little, "limits": little}
        container = {"name": "c", "image": "busybox", "resources": asked}
        self.make("Pod", "stray", spec={"containers": [container]})
        self.make("ConfigMap", "stray", data={"a": "b"})
        self.make("Secret", "stray", stringData={"a": "b"})
        storage = {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce"]}
        self.make("PersistentVolumeClaim", "stray", spec=storage)
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}}
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
        self.make("Deployment", "stray", spec=spec)
        (quota,) = self.kube("GET", "ResourceQuota")["items"]
        wanted = {"spec": {"hard": {"requests.cpu": "1m"}}}
        self.kube("PATCH", "ResourceQuota", quota["metadata"]["name"], wanted)
        self.kube("DELETE", "PodDefault", self.deleted)

    def in_the_account(self) -> None:
        user = self.called.user
        role = f"{user}-extra"
        self.aws("iam", "CreateRole", RoleName=role, AssumeRolePolicyDocument=TRUST)
        inline = {"PolicyName": "in", "PolicyDocument": policy("s3:*")}
        self.aws("iam", "PutRolePolicy", RoleName=role, **inline)
        made = self.aws(
            "iam", "CreatePolicy", PolicyName=f"{user}-own", PolicyDocument=policy("s3:*")
        )
        arn = made["Policy"]["Arn"]
        self.aws("iam", "AttachRolePolicy", RoleName=role, PolicyArn=arn)
        self.aws("iam", "AttachUserPolicy", UserName=user, PolicyArn=arn)
        self.aws("iam", "PutUserPolicy", UserName=user, **inline)
        self.aws("iam", "TagUser", UserName=user, Tags=[{"Key": "mine", "Value": "yes"}])
        self.aws("sqs", "CreateQueue", QueueName=f"{user}-jobs")
        self.aws("ssm", "PutParameter", Name=f"/mlops/{user}/mine", Value="x", Type="String")
        self.aws("logs", "CreateLogGroup", logGroupName=f"/mlops/{user}/mine")
        group = f"/mlops/{user}"
        self.aws("logs", "PutRetentionPolicy", logGroupName=group, retentionInDays=1)
        where = {"LocationConstraint": self.profile.aws.region}
        extra = f"{self.bucket}-extra"
        self.aws("s3", "CreateBucket", Bucket=extra, CreateBucketConfiguration=where)
        versions = {"Status": "Enabled"}
        self.aws("s3", "PutBucketVersioning", Bucket=extra, VersioningConfiguration=versions)
        for body in (b"one", b"two"):
            self.aws("s3", "PutObject", Bucket=extra, Key="a/b c", Body=body)
        cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
        self.aws("s3", "PutBucketCors", Bucket=self.bucket, CORSConfiguration=cors)

    def in_the_data(self) -> None:
        listed = self.aws("s3", "ListObjectsV2", Bucket=self.bucket)["Contents"]
        first, second, *_ = (row["Key"] for row in listed)
        self.aws("s3", "DeleteObject", Bucket=self.bucket, Key=first)
        self.aws("s3", "PutObject", Bucket=self.bucket, Key=second, Body=b"changed")
        for key in ("zz/extra", "0 extra/é+?%"):
            self.aws("s3", "PutObject", Bucket=self.bucket, Key=key, Body=b"mine")
        self.in_the_registry()
        self.in_the_volume()

    def in_the_registry(self) -> None:
        registry, name = self.world.registry, self.repository()
        image, *_ = self.aws("ecr", "DescribeImages", repositoryName=name)["imageDetails"]
        found = registry.manifest(name, image["imageDigest"])
        registry.put_manifest(name, "extra", found)
        other = json.dumps(json.loads(found.raw), indent=7).encode()
        registry.put_manifest(name, "other", Manifest(found.media_type, other))

    def repository(self) -> str:
        """Return the name of a repository of the tenant that has images."""
        rows = self.aws("ecr", "DescribeRepositories")["repositories"]
        mine = [
            r["repositoryName"] for r in rows if self.called.owns_repository(r["repositoryName"])
        ]
        return next(
            str(name)
            for name in mine
            if self.aws("ecr", "DescribeImages", repositoryName=name)["imageDetails"]
        )

    def in_the_volume(self) -> None:
        claims = self.kube("GET", "PersistentVolumeClaim")["items"]
        for claim in claims:
            volume = Volume(self.world, f"{self.space}/{claim['metadata']['name']}")
            found = volume.mounted()
            if found:
                where, path, _ = found
                argv = ("mkdir", "-p", f"{path}/mine/deep er")
                assert volume.run(where, argv).ok
                assert volume.run(where, ("touch", f"{path}/mine/-rf")).ok


_NOBODY = Sealer((), b"")
