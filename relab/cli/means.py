"""What the commands that touch a vault share: where it is, its key, a client for a bucket."""

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from snapshot.vault.opening import Means
    from snapshot.vault.vault import Vault


def the_vault() -> "Vault":
    """Return the person's vault; NoVault when there is none."""
    from snapshot.vault.opening import location, open_vault

    return open_vault(location(os.environ), means())


def means() -> "Means":
    """Return what opening a vault may need; nothing is asked or read before it is needed."""
    from snapshot.vault.opening import Means, find_key

    return Means(find_key(os.environ, ask_passphrase), _client)


def ask_passphrase() -> str | None:
    """Ask for the key's passphrase; None where there is no terminal."""
    if not sys.stdin.isatty():
        return None
    return str(click.prompt("Passphrase of the vault's key", hide_input=True, err=True))


def _client() -> "S3Client":
    """Return a client of the profile's account, which is where a vault's bucket is expected."""
    from profiles import guard
    from profiles.loader import active
    from profiles.naming import aws_target
    from relab.clouds.aws import Aws

    profile = active(os.environ)
    guard.check_started(profile)
    guard.check_region(profile, os.environ)
    client: S3Client = Aws().client(aws_target(profile), "s3")  # type: ignore[assignment]  # made by name
    return client
