"""The recorded cycle in `examples/` is one that an engine of today could have made."""

import gzip
import json
from pathlib import Path
from typing import Any

from relab import events
from relab.cycle.model import Stage, from_json
from relab.errors import Exit

FOLDER = Path(__file__).parents[2] / "examples" / "cycle"


def recorded() -> list[dict[str, Any]]:
    with gzip.open(FOLDER / "events.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_every_event_is_one_that_relab_knows() -> None:
    found = recorded()
    assert len(found) > 5000
    for raw in found:
        assert events.to_json(events.from_json(raw)) == raw


def test_it_wiped_the_account_and_brought_all_of_it_back() -> None:
    found = recorded()
    ended = {one["stage"]: one for one in found if one["event"] == "StageEnded"}
    assert list(ended) == [stage.value for stage in Stage]
    assert all(one["done"] for one in ended.values())
    wiped = next(one for one in found if one["event"] == "WipeFinished")
    assert (wiped["clean"], wiped["left"], wiped["problems"]) == (True, 0, 0)
    assert ended["prove"]["facts"] == {"equal": 1314, "different": 0}
    assert (ended["check"]["facts"]["fail"], ended["check"]["facts"]["error"]) == (0, 0)


def test_its_report_is_of_the_same_run() -> None:
    book = from_json(json.loads((FOLDER / "report.json").read_text(encoding="utf-8")))
    begun = recorded()[0]
    assert (book.id, book.snapshot) == (begun["cycle"], begun["snapshot"])
    assert (book.next, book.code) == (None, Exit.OK)
