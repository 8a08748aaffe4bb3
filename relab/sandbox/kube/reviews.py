"""Access reviews: answers about rights and identities, computed and never stored."""

from typing import Any

from relab.sandbox.kube.auth import Authentication, with_groups
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, User, clone, dig
from relab.sandbox.kube.paths import Asked
from relab.sandbox.kube.rbac import Authorizer
from relab.sandbox.kube.status import bad_request


def answer(
    kind: Kind, doc: Doc, user: User, authorizer: Authorizer, authentication: Authentication
) -> Doc:
    """Return the review with its status filled in; raises 400 for one that asks nothing."""
    spec = doc.get("spec") or {}
    match kind.kind:
        case "SelfSubjectReview":
            status: Doc = {"userInfo": _user_info(user)}
        case "TokenReview":
            status = _token(authentication.user_of(str(spec.get("token") or "")))
        case "SelfSubjectRulesReview":
            status = _rules(authorizer.rules(user, str(spec.get("namespace") or "")))
        case "SelfSubjectAccessReview":
            status = _decision(authorizer, user, spec)
        case _:
            status = _decision(authorizer, _subject(spec), spec)
    head = {"kind": kind.kind, "apiVersion": kind.api_version}
    metadata = clone(doc.get("metadata") or {}) | {"creationTimestamp": None}
    return head | {"metadata": metadata, "spec": clone(spec), "status": status}


def _user_info(user: User) -> Doc:
    info: Doc = {"username": user.name, "groups": list(user.groups)}
    return info | ({"uid": user.uid} if user.uid else {})


def _token(user: User | None) -> Doc:
    if user is None:
        return {"authenticated": False, "user": {}, "error": "invalid bearer token"}
    return {"authenticated": True, "user": _user_info(user)}


def _subject(spec: Doc) -> User:
    name, groups = str(spec.get("user") or ""), tuple(spec.get("groups") or ())
    if not name and not groups:
        raise bad_request("spec.user: at least one of user or group must be specified")
    return with_groups(User(name, str(spec.get("uid") or ""), groups))


def _decision(authorizer: Authorizer, user: User, spec: Doc) -> Doc:
    wanted = _asked(spec)
    allowed = authorizer.allows(user, wanted)
    return {"allowed": allowed} | ({"reason": "allowed by RBAC"} if allowed else {})


def _asked(spec: Doc) -> Asked:
    where: Any = spec.get("resourceAttributes")
    if where is not None:
        sub = where.get("subresource")
        plural = str(where.get("resource") or "")
        return Asked(
            str(where.get("verb") or ""),
            str(where.get("group") or ""),
            f"{plural}/{sub}" if sub else plural,
            str(where.get("namespace") or ""),
            str(where.get("name") or ""),
        )
    path = dig(spec, "nonResourceAttributes", "path")
    if not path:
        raise bad_request(
            "spec.resourceAttributes: exactly one of nonResourceAttributes or resourceAttributes"
            " must be specified"
        )
    return Asked(str(dig(spec, "nonResourceAttributes", "verb") or ""), path=str(path))


def _rules(rules: list[Doc]) -> Doc:
    resource = [
        {
            key: list(rule[key])
            for key in ("verbs", "apiGroups", "resources", "resourceNames")
            if rule.get(key)
        }
        for rule in rules
        if rule.get("resources")
    ]
    other = [
        {"verbs": list(rule["verbs"]), "nonResourceURLs": list(rule["nonResourceURLs"])}
        for rule in rules
        if rule.get("nonResourceURLs")
    ]
    return {"resourceRules": resource, "nonResourceRules": other, "incomplete": False}
