"""Table cells that are computed rather than read from one field."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from relab.sandbox.kube.ages import age, duration
from relab.sandbox.kube.model import Doc, dig

NONE = "<none>"


def joined(values: Iterable[Any]) -> str:
    """Return values with commas, or `<none>`."""
    return ",".join(str(value) for value in values) or NONE


def pairs(held: Any) -> str:
    """Return a map as `a=1,b=2`, or `<none>`."""
    return joined(f"{key}={value}" for key, value in sorted((held or {}).items()))


def selector(held: Any) -> str:
    """Return a LabelSelector as text."""
    return pairs(dig(held, "matchLabels"))


def _statuses(pod: Doc) -> list[Doc]:
    return list(dig(pod, "status", "containerStatuses") or ())


def pod_ready(pod: Doc) -> str:
    """Return ready containers of all containers, as `1/1`."""
    ready = sum(bool(item.get("ready")) for item in _statuses(pod))
    return f"{ready}/{len(dig(pod, 'spec', 'containers') or ())}"


def pod_status(pod: Doc) -> str:
    """Return the word kubectl shows for a pod: a waiting or ended reason before the phase."""
    if "deletionTimestamp" in pod["metadata"]:
        return "Terminating"
    for item in _statuses(pod):
        state = item.get("state") or {}
        for key in ("waiting", "terminated"):
            reason = dig(state, key, "reason")
            if reason:
                return str(reason)
    return str(dig(pod, "status", "reason") or dig(pod, "status", "phase") or "Unknown")


def pod_restarts(pod: Doc) -> str:
    """Return the restarts of all containers, with the age of the last one."""
    count = sum(int(item.get("restartCount") or 0) for item in _statuses(pod))
    ends = [dig(item, "lastState", "terminated", "finishedAt") for item in _statuses(pod)]
    last = max((end for end in ends if end), default=None)
    return f"{count} ({age(last)} ago)" if count and last else str(count)


def readiness_gates(pod: Doc) -> str:
    """Return `<none>`, or met of all readiness gates."""
    gates = dig(pod, "spec", "readinessGates") or ()
    true = {
        item.get("type")
        for item in dig(pod, "status", "conditions") or ()
        if item.get("status") == "True"
    }
    return f"{sum(gate['conditionType'] in true for gate in gates)}/{len(gates)}" if gates else NONE


def containers(doc: Doc, field: str) -> str:
    """Return one field of all containers in a workload's template."""
    spec = dig(doc, "spec", "template", "spec") or dig(
        doc, "spec", "jobTemplate", "spec", "template", "spec"
    )
    return joined(item.get(field, "") for item in dig(spec, "containers") or ())


def ratio(doc: Doc, ready: str, wanted: tuple[str, ...] = ("spec", "replicas")) -> str:
    """Return `ready/wanted` replicas."""
    return f"{dig(doc, 'status', ready) or 0}/{dig(doc, *wanted) or 0}"


def service_ports(service: Doc) -> str:
    """Return `5000/TCP` or `80:30080/TCP` for each port."""
    return joined(
        f"{port['port']}:{port['nodePort']}/{port.get('protocol', 'TCP')}"
        if port.get("nodePort")
        else f"{port['port']}/{port.get('protocol', 'TCP')}"
        for port in dig(service, "spec", "ports") or ()
    )


def external_ip(service: Doc) -> str:
    """Return the addresses a service has outside the cluster."""
    ingress = dig(service, "status", "loadBalancer", "ingress") or ()
    found = [item.get("ip") or item.get("hostname") for item in ingress]
    if dig(service, "spec", "type") == "LoadBalancer" and not found:
        return "<pending>"
    return joined(found or dig(service, "spec", "externalIPs") or ())


def endpoint_list(doc: Doc) -> str:
    """Return the first three addresses with their ports."""
    found = [
        f"{address.get('ip')}:{port.get('port')}"
        for subset in doc.get("subsets") or ()
        for address in subset.get("addresses") or ()
        for port in subset.get("ports") or ()
    ]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return joined(found[:3]) + more


def quota(doc: Doc, prefix: str, *, limits: bool) -> str:
    """Return `name: used/hard` for the requests or for the limits of a quota."""
    hard = dig(doc, "status", "hard") or dig(doc, "spec", "hard") or {}
    used = dig(doc, "status", "used") or {}
    chosen = [name for name in sorted(hard) if name.startswith(prefix) is limits]
    return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in chosen)


def node_status(node: Doc) -> str:
    """Return Ready or NotReady, and whether scheduling is off."""
    conditions = dig(node, "status", "conditions") or ()
    ready: Doc = next((item for item in conditions if item.get("type") == "Ready"), {})
    word = {"True": "Ready", "False": "NotReady"}.get(ready.get("status", ""), "Unknown")
    return word + (",SchedulingDisabled" if dig(node, "spec", "unschedulable") else "")


def node_roles(node: Doc) -> str:
    """Return the roles written in a node's labels."""
    prefix = "node-role.kubernetes.io/"
    labels = dig(node, "metadata", "labels") or {}
    return joined(sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix)))


def node_address(node: Doc, kind: str) -> str:
    """Return the first address of a kind such as InternalIP."""
    found = dig(node, "status", "addresses") or ()
    return next((item["address"] for item in found if item.get("type") == kind), NONE)


def subjects(doc: Doc, kind: str) -> str:
    """Return the subjects of one kind in a binding."""
    chosen = [item for item in doc.get("subjects") or () if item.get("kind") == kind]
    spaced = kind == "ServiceAccount"
    names = [
        f"{item.get('namespace', '')}/{item['name']}" if spaced else item["name"] for item in chosen
    ]
    return ",".join(names)


def role_ref(doc: Doc) -> str:
    """Return `Kind/name` of the role a binding refers to."""
    return f"{dig(doc, 'roleRef', 'kind')}/{dig(doc, 'roleRef', 'name')}"


def access_modes(doc: Doc) -> str:
    """Return access modes in their short form, such as RWO."""
    short = {
        "ReadWriteOnce": "RWO",
        "ReadOnlyMany": "ROX",
        "ReadWriteMany": "RWX",
        "ReadWriteOncePod": "RWOP",
    }
    return ",".join(short.get(mode, mode) for mode in dig(doc, "spec", "accessModes") or ())


def claim(volume: Doc) -> str:
    """Return `namespace/name` of the claim bound to a volume."""
    reference = dig(volume, "spec", "claimRef")
    return f"{reference.get('namespace')}/{reference.get('name')}" if reference else ""


def last_seen(event: Doc) -> str:
    """Return the age of an event's last occurrence."""
    return age(
        event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
    )


def involved(event: Doc) -> str:
    """Return `kind/name` of the object an event is about."""
    thing = event.get("involvedObject") or {}
    return f"{str(thing.get('kind', '')).lower()}/{thing.get('name', '')}"


def job_status(job: Doc) -> str:
    """Return Complete, Failed, Suspended or Running."""
    true = {
        item.get("type")
        for item in dig(job, "status", "conditions") or ()
        if item.get("status") == "True"
    }
    if "deletionTimestamp" in job["metadata"]:
        return "Terminating"
    return next((word for word in ("Complete", "Failed", "Suspended") if word in true), "Running")


def job_duration(job: Doc) -> str:
    """Return how long a job ran, or runs."""
    start = dig(job, "status", "startTime")
    end = dig(job, "status", "completionTime")
    if not start:
        return ""
    return age(start) if not end else duration(_seconds(end) - _seconds(start))


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp())
