"""In which order a cluster takes its objects back, and which of them are not put back by us."""

from collections.abc import Mapping
from dataclasses import dataclass

from relab.resources.expressions import search
from relab.resources.item import Item
from relab.resources.kubernetes.belongs import NAMINGS

# Kinds whatever their version, in groups; each group waits for all groups before it.
TIERS: tuple[tuple[str, ...], ...] = (
    ("CustomResourceDefinition.apiextensions.k8s.io",),
    (
        "PriorityClass.scheduling.k8s.io",
        "StorageClass.storage.k8s.io",
        "IngressClass.networking.k8s.io",
        "RuntimeClass.node.k8s.io",
        "ClusterRole.rbac.authorization.k8s.io",
        "PersistentVolume",
    ),
    # Its controller makes the namespace: to make that before would leave it without its owner.
    ("Profile.kubeflow.org",),
    ("Namespace",),
    (
        "ServiceAccount",
        "Secret",
        "ConfigMap",
        "LimitRange",
        "Role.rbac.authorization.k8s.io",
    ),
    (
        "ClusterRoleBinding.rbac.authorization.k8s.io",
        "RoleBinding.rbac.authorization.k8s.io",
        "PersistentVolumeClaim",
        "NetworkPolicy.networking.k8s.io",
        "PodDefault.kubeflow.org",
        "Service",
    ),
    ("*",),
    # A quota set before would refuse what was there before it.
    ("ResourceQuota",),
    ("HorizontalPodAutoscaler.autoscaling", "PodDisruptionBudget.policy"),
    (
        "APIService.apiregistration.k8s.io",
        "MutatingWebhookConfiguration.admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
    ),
    # These start work by themselves: all of it is there by then, its data and its webhooks too.
    (
        "CronJob.batch",
        "CronWorkflow.argoproj.io",
        "ScaledJob.keda.sh",
        "ScheduledWorkflow.kubeflow.org",
    ),
)
# After this one everything runs that does not start by itself.
CALM = len(TIERS) - 2
_TIER = {name: number for number, names in enumerate(TIERS) for name in names}


@dataclass(frozen=True, slots=True)
class Left:
    """Items of kind `name` for which `when` (JMESPath over document and observed) holds stay out.

    A `reason` is for people.
    """

    name: str
    when: str
    reason: str


_ENDED = "contains(['Succeeded', 'Failed'], observed.status.phase)"
LEFT: tuple[Left, ...] = (
    Left("Pod", _ENDED, "it has ended: it is not run again"),
    Left(
        "Job.batch",
        "observed.status.conditions[?(type=='Complete' || type=='Failed') && status=='True']",
        "it has ended: it is not run again",
    ),
    Left(
        "Workflow.argoproj.io",
        "contains(['Succeeded', 'Failed', 'Error'], document.status.phase)",
        "it has ended: it is not run again",
    ),
)
# Made and named anew by their owner.
PASSING = frozenset(
    {
        "ControllerRevision.apps",
        "Job.batch",
        "PersistentVolume",
        "Pod",
        "ReplicaSet.apps",
        "Workflow.argoproj.io",
    }
)

# With them goes what is inside.
HOLDERS = frozenset(
    {
        "CustomResourceDefinition.apiextensions.k8s.io",
        "Namespace",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Profile.kubeflow.org",
    }
)


def kind_of(type_: str) -> str:
    """Return the kind whatever its version, such as `Deployment.apps`, of an item's type."""
    version, _, kind = type_.rpartition("/")
    group = version.rpartition("/")[0]
    return f"{kind}.{group}" if group else kind


def tier(item: Item) -> int:
    """Return the number of the group that `item` is put back with."""
    return _TIER.get(kind_of(item.type), _TIER["*"])


def is_hidden(item: Item) -> bool:
    """Tell whether `item` may stand there unread: such are only read when something names them."""
    return any(naming.target == kind_of(item.type) for naming in NAMINGS)


def left_out(item: Item) -> str:
    """Return why `item` is not put back although nothing else brings it back; empty if it is."""
    both: Mapping[str, object] = {"document": item.document, "observed": item.observed}
    for rule in LEFT:
        if rule.name == kind_of(item.type) and search(rule.when, both):
            return rule.reason
    return ""
