"""What two snapshots have alike can be left out when they are read side by side."""

from dataclasses import replace

from snapshot.compare import compare
from snapshot.vault.vault import Vault
from tests.vault.world import SCOPE, SECRETS, Work, item, save_all, saved, world
from tests.vault.world import data as body


def test_only_what_is_not_just_so_in_the_other_is_read(any_vault: Vault) -> None:
    save_all(any_vault, "one")
    with any_vault.saving("two", SCOPE) as saving:
        with saving.unit("another way to cut it") as unit:
            for work in world()[1:]:
                for number in range(work.things):
                    data = {} if number == 3 else {"body": saving.put_blob(body(work, number))}
                    unit.add(item(work, number), data, SECRETS)
        saving.finish()
    reader = any_vault.reader()
    one, two = saved(any_vault, "one"), saved(any_vault, "two")
    whole = list(compare(reader.entries(one), reader.entries(two), observed=True))
    sides = list(reader.entries(one, beside=two)), list(reader.entries(two, beside=one))
    assert list(compare(*sides, observed=True)) == whole
    assert (len(sides[0]), len(sides[1])) == (4 + 11, 11)
    assert list(reader.entries(one, beside=one)) == []
    assert len(list(reader.entries(one))) == one.items


def test_what_was_observed_counts_too(vault: Vault) -> None:
    work = Work("01", "made.type")
    for name, seen in (("one", 1), ("two", 2)):
        with vault.saving(name, SCOPE) as saving:
            with saving.unit("unit") as unit:
                unit.add(replace(item(work, 0), observed={"at": seen}))
                unit.add(item(work, 1), {}, SECRETS)
            saving.finish()
    left = vault.reader().entries(saved(vault, "one"), beside=saved(vault, "two"))
    assert [entry.item.key for entry in left] == ["01-0"]
