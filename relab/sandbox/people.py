"""Who may enter the sandbox: the `admin` and one learner a tenant, with fresh secrets."""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass

from profiles.model import Profile
from profiles.naming import names

ADMIN = "admin"
ADMIN_USER = "mlops-training"
STUDENTS = "mlops-students"
INSTRUCTORS = "mlops-instructors"
_KEY_LETTERS = string.ascii_uppercase + "234567"
_SECRET_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Person:
    """One identity on both sides.

    `name` is the context and the AWS credential profile; `tenant` is None for the admin.
    """

    name: str
    tenant: str | None
    iam_user: str
    kube_user: str
    groups: tuple[str, ...]
    user_id: str
    access_key: str
    secret_key: str
    token: str


def everyone(profile: Profile) -> tuple[Person, ...]:
    """Return the admin and then each tenant's learner in roster order, all with new secrets."""
    admin = _person(ADMIN, None, ADMIN_USER, ADMIN_USER, ("system:masters",))
    return (admin, *(_learner(profile, tenant) for tenant in profile.tenants))


def named(people: Iterable[Person], name: str) -> Person:
    """Return the person called `name`; KeyError when there is none."""
    for person in people:
        if person.name == name:
            return person
    raise KeyError(name)


def _learner(profile: Profile, tenant: str) -> Person:
    called = names(profile, tenant)
    groups = (STUDENTS, INSTRUCTORS) if called.role == "instructor" else (STUDENTS,)
    return _person(called.user, tenant, called.user, called.owner, groups)


def _person(
    name: str, tenant: str | None, iam_user: str, kube_user: str, groups: tuple[str, ...]
) -> Person:
    return Person(
        name=name,
        tenant=tenant,
        iam_user=iam_user,
        kube_user=kube_user,
        groups=(*groups, "system:authenticated"),
        user_id="AIDA" + _random(_KEY_LETTERS, 17),
        access_key="AKIA" + _random(_KEY_LETTERS, 16),
        secret_key=_random(_SECRET_LETTERS, 40),
        token=secrets.token_urlsafe(32),
    )


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
