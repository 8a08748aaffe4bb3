"""Services are described as botocore describes them."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.clouds.descriptions import Descriptions


@pytest.mark.parametrize("service", ["s3", "ecr", "sts", "iam", "eks", "ec2"])
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1"])
def test_a_service_is_described_alike(service: str, kind: str) -> None:
    usual = Loader()
    assert Descriptions(usual).load_service_model(service, kind) == usual.load_service_model(
        service, kind
    )


def test_all_services_are_known() -> None:
    usual = Loader()
    known = Descriptions(usual).list_available_services("service-2")
    assert set(usual.list_available_services("service-2")) <= set(known)
    assert Descriptions(usual).load_data("endpoints") == usual.load_data("endpoints")


def test_a_folder_of_ones_own_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "mine/2026-01-01"
    own.mkdir(parents=True)
    (own / "service-2.json").write_text(json.dumps({"metadata": {"own": True}}))
    loader = Descriptions(Loader(extra_search_paths=[str(tmp_path)]))
    assert loader.load_service_model("mine", "service-2") == {"metadata": {"own": True}}
    with pytest.raises(DataNotFoundError):
        loader.load_service_model("mine", "paginators-1")
    with pytest.raises(DataNotFoundError):
        loader.load_data("nothing")


def test_an_unknown_service_is_an_answer_like_any_other() -> None:
    reply = Aws().call(AwsTarget("ap-northeast-2"), "no-such-service", "Describe", {})
    assert (reply.ok, reply.status) == (False, "unexpected")
