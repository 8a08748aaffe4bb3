"""Kubeconfig files, read and joined as kubectl joins them, without the Kubernetes SDK.

`KUBECONFIG` may list several files: the first one to name a thing wins. Relative paths inside a
file are relative to that file.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relab.errors import RelabError

DEFAULT = "~/.kube/config"
_LISTS = ("contexts", "clusters", "users")
_FILE_KEYS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class NoKubeconfig(RelabError):
    """There is no usable kubeconfig, or not the context that was asked for."""


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """The joined content of the files of `path` (as in `KUBECONFIG`); see `read`."""

    path: str
    data: Mapping[str, Any]

    @property
    def current(self) -> str | None:
        """The current context's name."""
        name = self.data.get("current-context")
        return str(name) if name else None

    @property
    def contexts(self) -> tuple[str, ...]:
        """The names of all contexts."""
        return tuple(str(item["name"]) for item in self.data["contexts"])

    def server(self, context: str) -> str:
        """Return the API server's address of `context`; NoKubeconfig when it has none."""
        found = self.body("contexts", context, "context")
        server = self.body("clusters", str(found.get("cluster")), "cluster").get("server")
        if not server:
            raise NoKubeconfig(f"context '{context}' names no server", where=self.path)
        return str(server)

    def body(self, kind: str, name: str, key: str) -> Mapping[str, Any]:
        """Return the `key` (such as `user`) of entry `name` of `kind`; NoKubeconfig if none."""
        for item in self.data[kind]:
            if item["name"] == name and isinstance(item.get(key), Mapping):
                return dict(item[key])
        raise NoKubeconfig(f"no {key} '{name}'", where=self.path)


def location(path: str | None, environ: Mapping[str, str]) -> str:
    """Return the kubeconfig path: `path`, else KUBECONFIG, else ~/.kube/config."""
    return path or environ.get("KUBECONFIG") or DEFAULT


def files(path: str) -> tuple[Path, ...]:
    """Return the files that `path` (as in `KUBECONFIG`) lists."""
    return tuple(Path(part).expanduser() for part in path.split(os.pathsep) if part)


def read(path: str) -> Kubeconfig:
    """Return the joined kubeconfig of `path`; NoKubeconfig when none of its files can be used."""
    found = [file for file in files(path) if file.is_file()]
    if not found:
        raise NoKubeconfig("no such file", where=path)
    data: dict[str, Any] = {key: [] for key in _LISTS}
    for file in found:
        _join(data, _parse(file))
    return Kubeconfig(path, data)


def _parse(file: Path) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        raw = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NoKubeconfig("cannot be read as YAML", where=str(file)) from error
    if not isinstance(raw, dict) or any(not _is_list(raw.get(key)) for key in _LISTS):
        raise NoKubeconfig("is not a kubeconfig", where=str(file))
    for body in _bodies(raw):
        _absolute(body, file.resolve().parent)
    return raw


def _is_list(raw: object) -> bool:
    rows = raw if isinstance(raw, list) else [] if raw is None else [None]
    return all(isinstance(item, dict) and "name" in item for item in rows)


def _bodies(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind, key in (("clusters", "cluster"), ("users", "user")):
        for item in raw.get(kind) or []:
            if isinstance(item.get(key), dict):
                yield item[key]


def _absolute(body: dict[str, Any], folder: Path) -> None:
    for key in _FILE_KEYS:
        if body.get(key):
            body[key] = str(folder / str(body[key]))


def _join(data: dict[str, Any], more: dict[str, Any]) -> None:
    for key in _LISTS:
        known = {item["name"] for item in data[key]}
        data[key] += [item for item in more.get(key) or [] if item["name"] not in known]
    for key, value in more.items():
        if key not in _LISTS:
            data.setdefault(key, value)
