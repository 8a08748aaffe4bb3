import json

import pytest
import yaml
from click.testing import CliRunner, Result

from profiles import loader
from relab.cli.profile import command
from relab.errors import UsageError


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def test_list_show_validate() -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in rows] == ["ha-mlops", "sandbox"]
    assert yaml.safe_load(run("show", "ha-mlops").stdout)["aws"]["region"] == "ap-northeast-2"
    shown = json.loads(run("show", "ha-mlops", "--json").stdout)
    assert shown["kubernetes"]["platform_namespaces"] == ["kubeflow", "mlflow-system"]
    assert run("validate", "ha-mlops", "sandbox").stdout.count("valid, 16 tenants") == 2


def test_init_writes_a_profile_that_loads_and_never_overwrites() -> None:
    words = ("init", "mine", "--account", "999988887777", "--region", "us-east-1")
    assert "export RELAB_PROFILE=mine" in run(*words).stdout
    profile = loader.load("mine")
    assert (profile.aws.account, profile.aws.region) == ("999988887777", "us-east-1")
    with pytest.raises(UsageError, match="exists already"):
        run("init", "mine", "--account", "999988887777")
    run("init", "mine", "--account", "111122223333", "--force")
    assert loader.load("mine").aws.account == "111122223333"


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "UP"])
def test_init_refuses_a_name_that_leaves_the_folder(name: str) -> None:
    with pytest.raises(UsageError):
        run("init", name, "--account", "999988887777")


def test_init_with_a_bad_account_writes_nothing() -> None:
    with pytest.raises(UsageError, match=r"relab profile init: aws\.account"):
        run("init", "mine", "--account", "12")
    assert "mine" not in loader.listing()
