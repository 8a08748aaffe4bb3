"""Where the emulator and a real control plane do not agree, each with its reason."""

from collections.abc import Mapping

# What a server may lack: tests that need it are skipped there.
ABSENT: Mapping[str, str] = {
    "backends": "needs pods that run, or local back ends",
    "controllers": "needs the controllers of a whole cluster",
    "exec": "needs containers that run",
    "logs": "needs a kubelet, or texts stored with the pods",
    "profiles": "needs Kubeflow's Profile controller",
    "tokens": "the server lets anonymous callers in as far as RBAC",
}
# What of these a control plane has to which no machine belongs, and no operator of Kubeflow.
REAL = frozenset({"controllers", "tokens"})
# Tests of which a real server does otherwise, by the end of their ids; they must fail there.
OTHERWISE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "test_malformed.py::test_names_are_checked[/api/v1/namespaces/{ns}/services]",
            "test_malformed.py::test_null_is_no_object[/api/v1/namespaces/{ns}/services]",
        ),
        "a real server first writes down the address for a service of that name: 500 as it fails",
    ),
    "test_malformed.py::test_null_is_no_object[/api/v1/namespaces/{ns}/limitranges]": (
        "a real server names a limit range that has no name by itself"
    ),
    "test_malformed.py::test_malformed_patches[json-patch-body4]": (
        "a real server answers 200 and changes nothing"
    ),
    "test_malformed.py::test_malformed_patches[strategic-merge-patch-body11]": (
        "a real server answers 500"
    ),
    "test_malformed.py::test_malformed_queries[watch=1&resourceVersion=x]": (
        "a real server answers 500"
    ),
}
