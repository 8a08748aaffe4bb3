"""`relab nuke` refuses in one clear line before it calls anyone, and asks for what it takes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest

from relab.sandbox.session import Session
from tests.conftest import clean_environ
from tests.nuke.world import script

PROFILE = """\
format: relab/profile/v1
name: mine
extends: sandbox
start: null
aws: {{{aws}}}
nuke: {nuke}
"""
_ASKED = 120
# It lists nothing, removes nothing, and says that all went well.
LIAR = (
    'if [ "$1" = version ]; then echo "aws-nuke version 3.64.1"; exit; fi',
    """echo '{"level":"info","msg":"Scan complete: 0 total, 0 nukeable, 0 filtered.\\\\n"}'""",
    """echo '{"level":"info","msg":"No resource to delete."}'""",
)


def relab(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "relab", *words],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def environ(folder: Path, aws: str = "alias: mine", nuke: str = "{}") -> dict[str, str]:
    """Return an environment in which a profile of one's own means an account out of reach."""
    path = folder / "mine.yaml"
    path.write_text(PROFILE.format(aws=aws, nuke=nuke), encoding="utf-8")
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_EC2_METADATA_DISABLED": "true"}
    return clean_environ() | nowhere | {"HOME": str(folder), "RELAB_PROFILE": str(path)}


@pytest.mark.parametrize(
    ("aws", "words", "what"),
    [
        ("alias: my-Production", ("--yes", "--account-alias", "my-Production"), "holds 'prod'"),
        ("alias: null", ("--yes", "--account-alias", "x"), "names no account alias"),
        ("alias: mine", ("--yes",), "--yes wipes only with --account-alias"),
        ("alias: mine", ("--yes", "--account-alias", "other"), "--account-alias is other"),
        ("alias: mine", ("--account-alias", "mine"), "nobody is there to ask"),
        ("alias: mine", (), "nobody is there to ask"),
        ('alias: mine, account: "999999999999"', ("--yes", "--account-alias", "mine"), "blocklist"),
    ],
)
def test_it_is_refused_before_anything_is_called(
    tmp_path: Path, aws: str, words: tuple[str, ...], what: str
) -> None:
    done = relab(environ(tmp_path, aws), "nuke", "run", *words)
    assert done.returncode == 13, done.stderr
    assert what in done.stderr
    assert (done.stderr.count("\n"), done.stdout) == (1, "")


def test_another_region_is_refused(tmp_path: Path) -> None:
    env = environ(tmp_path) | {"AWS_REGION": "eu-west-1"}
    done = relab(env, "nuke", "run", "--yes", "--account-alias", "mine")
    assert done.returncode == 13
    assert "AWS_REGION is eu-west-1" in done.stderr


@pytest.mark.parametrize(
    ("nuke", "what"),
    [
        ("{max_age_hours: 0}", "nuke.max_age_hours: must be 1 or more"),
        ("{max_age_hours: soon}", "nuke.max_age_hours: must be a valid integer"),
        ("{blocklist: []}", "nuke.blocklist"),
        ("{blocklist: [abc]}", "must be 12 digits"),
        ("{preset: hard}", "nuke.preset"),
        ("{also: [ec2.instance]}", "is no resource type of aws-nuke"),
        ("{keep: [{type: s3.bucket, name: a}]}", "nuke.keep[0].why: missing"),
        ("{nuke: 1}", "nuke.nuke: unknown key"),
    ],
)
def test_a_profile_that_is_wrong_says_where(tmp_path: Path, nuke: str, what: str) -> None:
    done = relab(environ(tmp_path, nuke=nuke), "nuke", "plan")
    assert done.returncode == 2
    assert what in done.stderr
    assert "mine.yaml:6" in done.stderr


def test_a_loss_is_accepted_by_one_type_at_a_time(tmp_path: Path) -> None:
    done = relab(environ(tmp_path), "nuke", "plan", "--accept-loss", "s3.*")
    assert done.returncode == 2
    assert "names no single type" in done.stderr


def test_without_go_installing_says_so_in_one_line(tmp_path: Path) -> None:
    done = relab(environ(tmp_path) | {"PATH": str(tmp_path)}, "nuke", "install")
    assert done.returncode == 2
    assert done.stderr.endswith("or name an aws-nuke of your own as nuke.binary\n")


@dataclass(frozen=True)
class Saved:
    """A sandbox that was saved and verified, and an aws-nuke on PATH that lies."""

    env: dict[str, str]

    def relab(self, *words: str) -> subprocess.CompletedProcess[str]:
        return relab(self.env, *words)


def saved(sandbox: Session, folder: Path, lines: tuple[str, ...] = LIAR) -> Saved:
    script(folder, lines)
    env = sandbox.env()
    env |= {
        "PATH": f"{folder}{os.pathsep}{env['PATH']}",
        "RELAB_VAULT": str(folder / "vault"),
        "RELAB_VAULT_KEY": str(folder / "vault.key"),
    }
    found = Saved(env)
    for words in (
        ("vault", "init"),
        ("snapshot", "save", "--name", "one", "--yes"),
        ("snapshot", "verify", "one", "--deep"),
    ):
        done = found.relab(*words)
        assert done.returncode == 0, done.stderr
    return found


@pytest.mark.timeout(300)
def test_what_lies_about_the_wipe_is_found_out_by_our_own_inventory(
    changeable: Session, tmp_path: Path
) -> None:
    """It ends with 0 and says that there is nothing to delete; what is there says otherwise."""
    found = saved(changeable, tmp_path)
    told = found.relab("nuke", "plan", "--json")
    plan = json.loads(told.stdout)
    assert (told.returncode, bool(plan["refusals"])) == (0, False), plan["refusals"]
    assert {"S3Bucket", "s3.bucket"} & {one["type"] for one in plan["survivors"]}
    done = found.relab("nuke", "run", "--json", "--yes", "--account-alias", "relab-sandbox")
    assert done.returncode == 3, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    [end] = [one for one in events if one["event"] == "WipeFinished"]
    assert (end["clean"], end["left"] > 100) == (False, True)
    left = {(one["type"], one["key"]): one["why"] for one in events[-1]["left"]}
    assert "although aws-nuke says" in left["s3.bucket", "mlops-training-user07"]
    # What relab removes by itself has gone.
    assert not any(kind == "ec2.flow-log" for kind, _ in left)


@pytest.mark.timeout(300)
def test_in_a_terminal_losses_and_alias_are_typed(sandbox: Session, tmp_path: Path) -> None:
    found = saved(sandbox, tmp_path)
    words = ["-m", "relab", "nuke", "run", "--accept-loss", "lambda.function"]
    for first, second in (("lambda", ""), ("lambda.function", "sandbox")):
        child = pexpect.spawn(sys.executable, words, env=found.env, timeout=_ASKED, encoding="utf8")
        child.expect("what pods wrote to volumes or databases since goes; relab cycle saves first")
        child.expect("Type lambda.function to accept its loss:")
        child.sendline(first)
        if second:
            child.expect("Type the alias of account 123456789012 to wipe it:")
            child.sendline(second)
        child.expect("that is not what was asked for; nothing was done")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 13


@pytest.mark.timeout(300)
def test_another_account_or_alias_is_refused(sandbox: Session, tmp_path: Path) -> None:
    found = saved(sandbox, tmp_path)
    mine = tmp_path / "other.yaml"
    for aws, what in (
        ('account: "210987654321"', "these credentials belong to account 123456789012"),
        ("alias: another", "the account is called relab-sandbox, and not another"),
    ):
        mine.write_text(f"extends: sandbox\nname: other\naws: {{{aws}}}\n", encoding="utf-8")
        env = found.env | {"RELAB_PROFILE": str(mine)}
        alias = "another" if "alias" in aws else "relab-sandbox"
        done = relab(env, "nuke", "run", "--yes", "--account-alias", alias)
        assert done.returncode == 13, done.stderr
        assert what in done.stderr
        told = relab(env, "nuke", "plan", "--json")
        assert told.returncode == 13, told.stderr
        assert what in told.stdout + told.stderr
