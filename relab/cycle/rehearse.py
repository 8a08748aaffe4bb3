"""A rehearsal: the whole cycle, on a sandbox of its own that is loaded from a snapshot.

Nothing of the real account is read or changed. Each part is a command of its own, since it must
see the sandbox's environment alone.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from relab.sandbox.session import Session, running

_VAULT, _KEY = "RELAB_VAULT", "RELAB_VAULT_KEY"


def rehearse(
    snapshot: str, environ: Mapping[str, str], words: Sequence[str], say: Callable[[str], None]
) -> int:
    """Load a sandbox from `snapshot` of the person's vault, and cycle it; return the exit code.

    `words` are more options for the cycle. `say` is told what goes on. The sandbox, and the vault
    of the rehearsal, are gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="relab-") as folder:
        root = Path(folder)
        say("starting a sandbox")
        with running(root / "state", environ) as session:
            session.reset(empty=True)
            say(f"loading it from {snapshot}")
            home = f"{session.profile.aws.account}/{session.profile.aws.region}"
            code = _relab(session.env(), "restore", snapshot, "--into", home, "--yes", quiet=True)
            if code:
                say("the snapshot could not be restored whole: see relab restore NAME --plan")
                return code
            return _cycle(session, root, words)


def _cycle(session: Session, root: Path, words: Sequence[str]) -> int:
    env = session.env() | {_VAULT: str(root / "vault"), _KEY: str(root / "vault.key")}
    code = _relab(env, "vault", "init", quiet=True)
    return code or _relab(env, "cycle", "--name", "rehearsal", "--yes", *words)


def _relab(env: Mapping[str, str], *words: str, quiet: bool = False) -> int:
    """Run relab itself; `quiet` keeps its answer, which is data, from stdout."""
    command = [sys.executable, "-m", "relab", *words]
    out = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, env=env, stdout=out, check=False).returncode
