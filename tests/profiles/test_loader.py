import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from profiles import loader
from profiles.fit import fit
from profiles.model import EXPECTED, Profile
from profiles.schema import json_schema
from relab.errors import ProfileError, UsageError
from relab.paths import config_dir, state_dir

HA = yaml.safe_load((loader.BUILTIN / "ha-mlops.yaml").read_text())


def written(folder: Path, text: str, name: str = "mine") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_seeds_roster() -> None:
    profile = loader.load("ha-mlops")
    assert profile.tenants == (*(f"{n:02}" for n in range(1, 16)), "20")
    assert (profile.group("07").cpu, profile.group("07").memory) == ("8", "16Gi")
    assert (profile.group("20").cpu, profile.group("20").memory) == ("16", "32Gi")
    assert profile.kubernetes.cluster == "mlops-training-cluster"
    assert profile.aws.region == "ap-northeast-2"


BASE = "format: relab/profile/v1\nname: mine\nextends: ha-mlops\n"

BAD = [
    ("a: [\n", ":2: ", "expected the node content"),
    ("- a\n", ":1: ", "a mapping is expected"),
    ("a: " + "[" * 100_000, "mine.yaml: ", "nested too deep"),
    ("a: " + "[" * 9_000 + "]" * 9_000, "mine.yaml: ", "nested too deep"),
    (BASE + "a: &a [*a]\n", "mine.yaml: ", "nested too deep"),
    (BASE + "name: twice\n", ":4: ", "key 'name' stands twice"),
    (BASE + "awss: {}\n", ":4: ", "awss: unknown key"),
    (BASE + 'aws:\n  account: "12"\n', ":5: ", "aws.account: must be 12 digits"),
    (BASE + "aws:\n  region: seoul\n", ":5: ", "aws.region: must be an AWS region"),
    (BASE + "roster:\n  - {role: cook, tenants: ['01'], cpu: '1', memory: 1Gi}\n", ":5: ", "role"),
    (
        BASE + "roster:\n  - {role: student, tenants: ['1'], cpu: '1', memory: 1Gi}\n",
        ":5: ",
        "two-digit number",
    ),
    (
        BASE + "roster:\n  - {role: student, tenants: ['09..01'], cpu: '1', memory: 1Gi}\n",
        ":5",
        "up",
    ),
    (
        BASE + "roster:\n" + "  - {role: student, tenants: ['01'], cpu: '1', memory: 1Gi}\n" * 2,
        ":1: ",
        "tenant 01 stands in more than one group",
    ),
    (BASE + "naming:\n  owner: '{email}'\n", ":5: ", "may only use {nn} and {user}"),
    (BASE + "naming:\n  bucket: [all]\n", ":5: ", "tenants collide"),
    ("format: relab/profile/v9\nname: mine\nextends: ha-mlops\n", ":1: ", "format: must be"),
    ("format: relab/profile/v1\nname: mine\n", ":1: ", "missing"),
    (
        "format: relab/profile/v1\nname: mine\nextends: nowhere\n",
        "mine.yaml: ",
        "extends 'nowhere'",
    ),
    (BASE + "start: 2026-99-99\n", ":4: ", "cannot be read"),
    (BASE + "? [a]\n: b\n", ":4: ", "key must be plain text"),
]


@pytest.mark.parametrize(("text", "where", "what"), BAD, ids=[row[2] for row in BAD])
def test_a_bad_file_is_one_line_with_its_place(
    tmp_path: Path, text: str, where: str, what: str
) -> None:
    with pytest.raises(ProfileError) as caught:
        loader.load(written(tmp_path, text))
    line = str(caught.value)
    assert where in line
    assert what in line
    assert " -> " in line
    assert "\n" not in line


def test_an_error_in_the_base_names_the_base(tmp_path: Path) -> None:
    base = written(tmp_path, BASE.replace("mine", "base") + "aws: {region: x}\n", "base")
    with pytest.raises(ProfileError, match=r"base\.yaml:4: aws\.region"):
        loader.load(written(tmp_path, BASE.replace("ha-mlops", base)))


def test_extends_joins_mappings_and_replaces_lists(tmp_path: Path) -> None:
    profile = loader.load(
        written(tmp_path, BASE + 'aws: {account: "999988887777"}\nnaming: {bucket: ["b-{nn}"]}\n')
    )
    assert profile.aws.account == "999988887777"
    assert profile.aws.region == "ap-northeast-2"
    assert profile.naming.bucket == ("b-{nn}",)
    assert profile.naming.namespace == ("kubeflow-user{nn}",)


def test_profiles_that_extend_each_other_end_in_an_error(tmp_path: Path) -> None:
    first, second = str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")
    written(tmp_path, BASE.replace("ha-mlops", second), "a")
    written(tmp_path, BASE.replace("ha-mlops", first), "b")
    with pytest.raises(ProfileError, match="extends"):
        loader.load(first)


def test_the_users_own_come_before_the_running_sandboxs_before_the_built_in() -> None:
    assert loader.load("sandbox").aws.endpoint is None
    running = "aws: {endpoint: 'http://127.0.0.1:1'}\n"
    head = BASE.replace("mine", "sandbox").replace("ha-mlops", "sandbox")
    written(state_dir() / "profiles", head + running, "sandbox")
    assert loader.load("sandbox").aws.endpoint == "http://127.0.0.1:1"
    assert loader.load("sandbox").start == "relab sandbox up"
    written(config_dir() / "profiles", head + "title: {ko: 나, en: mine}\n", "sandbox")
    profile = loader.load("sandbox")
    assert (profile.title.en, profile.aws.endpoint) == ("mine", "http://127.0.0.1:1")


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UsageError, match="ha-mlops, sandbox"):
        loader.load("nowhere")
    with pytest.raises(UsageError, match=r"no profile '\.\./\\x1b'"):
        loader.load("../\x1b")


def test_the_active_profile() -> None:
    assert loader.active({}).name == "sandbox"
    assert loader.active({"RELAB_PROFILE": "ha-mlops"}).name == "ha-mlops"
    assert loader.active({"RELAB_PROFILE": "ha-mlops"}, "sandbox").name == "sandbox"


def test_the_schema_accepts_the_built_ins_and_refuses_what_the_loader_refuses() -> None:
    schema = json.loads(json.dumps(json_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in loader.BUILTIN.glob("*.yaml"):
        jsonschema.validate(yaml.safe_load(path.read_text()), schema)
    for key, value in (("awss", {}), ("aws", {"account": "12"}), ("format", "v9")):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**HA, key: value}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"format": "relab/profile/v1", "name": "x"}, schema)


def test_every_pattern_says_what_it_expects() -> None:
    text = json.dumps(json_schema())
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', text))
    assert {json.loads(pattern) for pattern in patterns} == set(EXPECTED)


@pytest.mark.parametrize("path", ["aws.account", "kubernetes.cluster", "roster.0.cpu", "name"])
@pytest.mark.parametrize("value", ["", "x\n", "1" * 12 + "\n", "a b", 8, None, ["8"], {"a": "b"}])
def test_what_pydantic_refuses_does_not_fit_either(path: str, value: object) -> None:
    data = json.loads(json.dumps(HA))
    *parents, last = path.split(".")
    part = data
    for key in parents:
        part = part[int(key)] if isinstance(part, list) else part[key]
    part[last] = value
    with pytest.raises(ValidationError):
        TypeAdapter(Profile).validate_python(data)
    with pytest.raises(ValueError, match=r"."):
        fit(Profile, data)


def test_a_right_profile_needs_no_pydantic() -> None:
    code = (
        "import sys; from profiles import loader\n"
        "for name in ('ha-mlops', 'sandbox'): loader.load(name)\n"
        "print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_built_ins_are_read_alike_with_and_without_pydantic() -> None:
    for name in ("ha-mlops", "sandbox"):
        data = {**HA, "name": name}
        assert fit(Profile, data) == TypeAdapter(Profile).validate_python(data)
