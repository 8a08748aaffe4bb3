"""Every question that the checks ask, by name; two checks that ask the same share one answer."""

from collections.abc import Callable

from relab.checks import summary
from relab.checks.question import AwsQuestion, KubeQuestion, Page, Summary
from relab.clouds.kube import METADATA

LIMIT = 500
_CORE = "/api/v1/namespaces"
_KUBEFLOW = "/apis/kubeflow.org"
_S3_PAGE = Page("NextContinuationToken", "ContinuationToken", most=50)
_ECR_PAGE = Page("nextToken", "nextToken", most=50)
_STRICT_LIMIT = 1


def cluster_version() -> KubeQuestion:
    """Ask what the API server runs."""
    return KubeQuestion("/version", summary.version)


def who_am_i() -> KubeQuestion:
    """Ask as whom the API server sees the caller."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    return KubeQuestion(path, summary.who_am_i, body=body)


def namespace(name: str) -> KubeQuestion:
    """Ask for a namespace."""
    return KubeQuestion(f"{_CORE}/{name}", summary.namespace)


def kubeflow_profile(name: str) -> KubeQuestion:
    """Ask for a Kubeflow Profile."""
    return KubeQuestion(f"{_KUBEFLOW}/v1/profiles/{name}", summary.kubeflow_profile)


def service_accounts(namespace: str) -> KubeQuestion:
    """Ask for the service accounts of a namespace."""
    return _list(f"{_CORE}/{namespace}/serviceaccounts", summary.listed)


def quotas(namespace: str) -> KubeQuestion:
    """Ask for the resource quotas of a namespace."""
    return _list(f"{_CORE}/{namespace}/resourcequotas", summary.quotas)


def role_bindings(namespace: str) -> KubeQuestion:
    """Ask for the role bindings of a namespace."""
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    return _list(path, summary.listed)


def pod_defaults(namespace: str) -> KubeQuestion:
    """Ask for the PodDefaults of a namespace."""
    path = f"{_KUBEFLOW}/v1alpha1/namespaces/{namespace}/poddefaults"
    return _list(path, summary.pod_defaults)


def pods(namespace: str, selector: str | None = None) -> KubeQuestion:
    """Ask for the pods of a namespace, those with label `selector` (`app=x`) only."""
    chosen = f"&labelSelector={selector.replace('=', '%3D')}" if selector else ""
    path = f"{_CORE}/{namespace}/pods?limit={LIMIT}{chosen}"
    return KubeQuestion(path, summary.pods)


def counted(namespace: str, plural: str) -> KubeQuestion:
    """Ask how many `plural` (such as `secrets`) a namespace holds: for metadata, never values."""
    return _list(f"{_CORE}/{namespace}/{plural}", summary.count, METADATA)


def pods_strictly(namespace: str) -> KubeQuestion:
    """Ask, as the tenant and nobody else, for the pods of a namespace."""
    path = f"{_CORE}/{namespace}/pods?limit={_STRICT_LIMIT}"
    return KubeQuestion(path, summary.listed, accept=METADATA, strict=True)


def deployments(namespace: str) -> KubeQuestion:
    """Ask for the deployments of a namespace."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    return _list(path, summary.deployments)


def service_page(namespace: str, service: str, path: str) -> KubeQuestion:
    """Ask `service` (`name:port`) for the page `path` through the API server's proxy."""
    return KubeQuestion(f"{_CORE}/{namespace}/services/{service}/proxy{path}", summary.text)


def _list(path: str, keep: Summary, accept: str | None = None) -> KubeQuestion:
    paged = f"{path}?limit={LIMIT}"
    return KubeQuestion(paged, keep, accept=accept) if accept else KubeQuestion(paged, keep)


def caller() -> AwsQuestion:
    """Ask whose credentials these are."""
    return AwsQuestion("sts", "GetCallerIdentity", summary.caller)


def bucket_created(bucket: str) -> AwsQuestion:
    """Ask when a bucket was made."""
    return AwsQuestion("s3", "ListBuckets", summary.bucket_created(bucket))


def bucket_region(bucket: str) -> AwsQuestion:
    """Ask where a bucket is."""
    return AwsQuestion("s3", "GetBucketLocation", summary.region, {"Bucket": bucket})


def objects(bucket: str) -> AwsQuestion:
    """Ask for the objects of a bucket."""
    return AwsQuestion("s3", "ListObjectsV2", summary.objects, {"Bucket": bucket}, _S3_PAGE)


def folder(bucket: str, name: str) -> AwsQuestion:
    """Ask what stands directly in a folder of a bucket."""
    params = {"Bucket": bucket, "Prefix": f"{name}/", "Delimiter": "/"}
    return AwsQuestion("s3", "ListObjectsV2", summary.folder, params, _S3_PAGE)


def encryption(bucket: str) -> AwsQuestion:
    """Ask how a bucket is encrypted."""
    return AwsQuestion("s3", "GetBucketEncryption", summary.encryption, {"Bucket": bucket})


def versioning(bucket: str) -> AwsQuestion:
    """Ask whether a bucket keeps versions."""
    return AwsQuestion("s3", "GetBucketVersioning", summary.versioning, {"Bucket": bucket})


def public_access(bucket: str) -> AwsQuestion:
    """Ask whether a bucket is closed to the public."""
    return AwsQuestion("s3", "GetPublicAccessBlock", summary.public_access, {"Bucket": bucket})


def repositories(owns: Callable[[str], bool]) -> AwsQuestion:
    """Ask for the image repositories whose name `owns` accepts."""
    return AwsQuestion("ecr", "DescribeRepositories", summary.repositories(owns), {}, _ECR_PAGE)


def images(repository: str) -> AwsQuestion:
    """Ask for the images of a repository."""
    params = {"repositoryName": repository}
    return AwsQuestion("ecr", "DescribeImages", summary.images, params, _ECR_PAGE)


def lifecycle(repository: str) -> AwsQuestion:
    """Ask for a repository's lifecycle policy."""
    params = {"repositoryName": repository}
    return AwsQuestion("ecr", "GetLifecyclePolicy", summary.lifecycle, params)
