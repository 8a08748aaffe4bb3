"""What a running sandbox writes for its users: kubeconfigs, AWS credentials, the profile."""

from base64 import b64encode
from collections.abc import Sequence
from configparser import ConfigParser
from dataclasses import dataclass
from io import StringIO

import yaml

from profiles.model import FORMAT, Profile
from relab.sandbox.people import ADMIN, Person
from relab.sandbox.place import Place, write

# The kubeconfig that the profile names: nobody's shell is given it, so nobody's kubectl edits it.
OWN = "relab"
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the sandbox listens."""

    aws: str
    kubernetes: str
    ca_pem: bytes
    registry: str


def write_all(place: Place, profile: Profile, people: Sequence[Person], address: Address) -> None:
    """Write every file; each is replaced in one step."""
    write(place.credentials, _credentials(people))
    write(place.aws_config, _aws_config(profile, people, address))
    base = _kubeconfig(profile, people, address)
    for name in (*(person.name for person in people), OWN):
        current = ADMIN if name == OWN else name
        write(place.kubeconfig(name), f"{base}current-context: {current}\n")
    write(place.profile, _profile(place, profile, address))


def _credentials(people: Sequence[Person]) -> str:
    return _ini(
        {
            person.name: {
                "aws_access_key_id": person.access_key,
                "aws_secret_access_key": person.secret_key,
            }
            for person in people
        }
    )


def _aws_config(profile: Profile, people: Sequence[Person], address: Address) -> str:
    common = {"region": profile.aws.region, "output": "json", "endpoint_url": address.aws}
    return _ini({f"profile {person.name}": common for person in people})


def _ini(sections: dict[str, dict[str, str]]) -> str:
    parser = ConfigParser(interpolation=None)
    parser.read_dict(sections)
    text = StringIO()
    parser.write(text)
    return text.getvalue()


def _kubeconfig(profile: Profile, people: Sequence[Person], address: Address) -> str:
    cluster = profile.kubernetes.cluster
    authority = b64encode(address.ca_pem).decode()
    data = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster,
                "cluster": {
                    "server": address.kubernetes,
                    "certificate-authority-data": authority,
                },
            }
        ],
        "users": [{"name": person.name, "user": {"token": person.token}} for person in people],
        "contexts": [
            {"name": person.name, "context": {"cluster": cluster, "user": person.name}}
            for person in people
        ],
    }
    return _yaml(data)


def _profile(place: Place, profile: Profile, address: Address) -> str:
    return _yaml(
        {
            "format": FORMAT,
            "name": profile.name,
            "extends": profile.name,
            "aws": {
                "endpoint": address.aws,
                "registry": address.registry,
                "credentials_file": str(place.credentials),
                "profile": ADMIN,
                "tenant_profile": "{user}",
            },
            "kubernetes": {
                "server": address.kubernetes,
                "kubeconfig": str(place.kubeconfig(OWN)),
                "context": ADMIN,
                "tenant_context": "{user}",
            },
        }
    )


def _yaml(data: object) -> str:
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True))
