import json
from typing import get_args

import pytest

from relab import events
from relab.events import Evidence, Finding, Message, Verdict

AT = "2026-01-02T03:04:05Z"
FINDING = Finding("pod", Verdict.WARN, Message("mlflow.pod", {"pod": "p"}), Message("fix"))
EVIDENCE = Evidence("aws", "user07", "s3 HeadBucket", "200", {"a": [1]}, 0.25, AT)
SAMPLES: list[events.Event] = [
    events.RunStarted("r", ("07",), ("a", "b"), AT),
    events.CheckStarted("r", "a", "07"),
    events.CheckFinished(
        "r", "a", "prep", "0.1", "07", Verdict.WARN, (FINDING,), (EVIDENCE,), AT, 0.5
    ),
    events.RunFinished("r", AT, 1.5),
    events.Progress("seed", 3, 16),
    events.SaveStarted("cohort-1", "/vault", "ha-mlops", "123456789012", ("07", ""), True, AT),
    events.UnitSaved("aws/s3.bucket", 3, 4096, False, 5, 2, True),
    events.GapMet("iam", "iam.role", "", "07", "denied", 1, "ListRoles: AccessDenied"),
    events.SaveFinished("cohort-1", "partial", 1600, 1 << 30, 2, "ab" * 32, 61.5, AT),
    events.RestoreStarted("p", "cohort-1", "123456789012", 12, True, AT, {"07": 9, "": 3}, 2),
    events.StepDone("aws/iam.role//r", "create", "07", 1, 3, 9, "note", before=True),
    events.StepWaits("aws:s3.bucket::b", "create", "07", "BucketAlreadyExists", 60.5),
    events.StepFailed("aws/iam.role//r", "configure", "07", "denied"),
    events.RestoreFinished("p", 11, 1, 2.5, AT),
    events.Differs("aws/iam.role//r", "07", "r", "different", ("/a",), ({"pointer": "/a"},)),
    events.Verified(40, 1, partial=False),
    events.WipeStarted("123456789012", "cohort-1", 266, AT),
    events.NukeSaid("thing", "ap-northeast-2", "S3Bucket", "s3://b", "finished", ""),
    events.WipeFinished("123456789012", clean=False, left=2, problems=1, seconds=61.5, at=AT),
    events.CycleStarted("c1", "cohort-1", "123456789012", AT),
    events.StageStarted("c1", "wipe", AT),
    events.StageEnded("c1", "wipe", done=False, said=("a",), facts={"left": 2}, seconds=1.5),
    events.GateLooked("c1", "/state/cycles/c1/proof.json"),
    events.CycleFinished("c1", done=False, at=AT),
    events.Trouble("what", "where", "fix", 13),
]


def test_every_event_has_a_sample() -> None:
    assert {type(sample) for sample in SAMPLES} == set(get_args(events.Event))


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_survives_json(event: events.Event) -> None:
    assert events.from_json(json.loads(json.dumps(events.to_json(event)))) == event


def test_the_worst_verdict() -> None:
    assert events.worst([]) is Verdict.PASS
    order = [Verdict.PASS, Verdict.SKIP, Verdict.WARN, Verdict.ERROR, Verdict.FAIL]
    assert list(Verdict) == order
    for rank, verdict in enumerate(order):
        assert events.worst(order[: rank + 1]) is verdict
