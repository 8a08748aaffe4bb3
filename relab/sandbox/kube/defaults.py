"""Default values of built-in kinds, as a table by schema."""

from typing import Any

_WEBHOOK: dict[str, Any] = {
    "failurePolicy": "Fail",
    "matchPolicy": "Equivalent",
    "namespaceSelector": {},
    "objectSelector": {},
    "timeoutSeconds": 10,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "V1PodSpec": {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    },
    "V1Container": {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    },
    "V1ContainerPort": {"protocol": "TCP"},
    "V1ServicePort": {"protocol": "TCP"},
    "CoreV1EndpointPort": {"protocol": "TCP"},
    "V1ServiceSpec": {"type": "ClusterIP", "sessionAffinity": "None"},
    "V1Probe": {
        "failureThreshold": 3,
        "periodSeconds": 10,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    },
    "V1HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "V1ResourceFieldSelector": {"divisor": "0"},
    "V1DownwardAPIVolumeSource": {"defaultMode": 420},
    "V1ProjectedVolumeSource": {"defaultMode": 420},
    "V1ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "V1HostPathVolumeSource": {"type": ""},
    "V1NetworkPolicyPort": {"protocol": "TCP"},
    "DiscoveryV1EndpointPort": {"name": "", "protocol": "TCP"},
    "V1Endpoint": {"conditions": {}},
    "V2HorizontalPodAutoscalerSpec": {
        "minReplicas": 1,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 80},
                },
            }
        ],
    },
    "V1PriorityClass": {"preemptionPolicy": "PreemptLowerPriority"},
    "AdmissionregistrationV1ServiceReference": {"port": 443},
    "V1ValidatingWebhook": _WEBHOOK,
    "V1MutatingWebhook": {**_WEBHOOK, "reinvocationPolicy": "Never"},
    "V1RuleWithOperations": {"scope": "*"},
    "V1ObjectFieldSelector": {"apiVersion": "v1"},
    "V1SecretVolumeSource": {"defaultMode": 420},
    "V1ConfigMapVolumeSource": {"defaultMode": 420},
    "V1Secret": {"type": "Opaque"},
    "V1DeploymentSpec": {
        "replicas": 1,
        "progressDeadlineSeconds": 600,
        "revisionHistoryLimit": 10,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
        },
    },
    "V1StatefulSetSpec": {
        "replicas": 1,
        "podManagementPolicy": "OrderedReady",
        "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    },
    "V1ReplicaSetSpec": {"replicas": 1},
    "V1DaemonSetSpec": {
        "revisionHistoryLimit": 10,
        "updateStrategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
        },
    },
    "V1CronJobSpec": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "V1PersistentVolumeClaimSpec": {"volumeMode": "Filesystem"},
    "V1PersistentVolumeSpec": {
        "persistentVolumeReclaimPolicy": "Retain",
        "volumeMode": "Filesystem",
    },
    "V1StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
    "V1CustomResourceDefinitionSpec": {"conversion": {"strategy": "None"}},
    "V1RoleRef": {"apiGroup": "rbac.authorization.k8s.io"},
}

# What a new object reports before any controller has looked at it.
FIRST_STATUS: dict[str, dict[str, Any]] = {
    "Namespace": {"phase": "Active"},
    "Pod": {"phase": "Pending", "qosClass": "BestEffort"},
    "PersistentVolumeClaim": {"phase": "Pending"},
    "PersistentVolume": {"phase": "Available"},
    "Service": {"loadBalancer": {}},
}

# Fields that never change once set.
IMMUTABLE: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("apps", "deployments"): (("spec", "selector"),),
    ("apps", "replicasets"): (("spec", "selector"),),
    ("apps", "daemonsets"): (("spec", "selector"),),
    ("apps", "statefulsets"): (("spec", "selector"), ("spec", "serviceName")),
    ("batch", "jobs"): (("spec", "selector"), ("spec", "template")),
    ("", "secrets"): (("type",),),
    ("", "persistentvolumeclaims"): (("spec", "storageClassName"), ("spec", "accessModes")),
    ("rbac.authorization.k8s.io", "rolebindings"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "clusterrolebindings"): (("roleRef",),),
    ("storage.k8s.io", "storageclasses"): (("provisioner",), ("parameters",)),
}
