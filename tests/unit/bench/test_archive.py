"""Copies of documents for an archive of ten times as many missions."""

from bench import archive

AT_SEA = 8


def copies(name: str, doc: archive.Document) -> list[archive.Document]:
    return list(archive._copies([doc], name, AT_SEA))


def test_documents_of_a_platform_at_sea_are_not_copied():
    doc = {"_id": "seed0008/20240101T0000", "platform": "seed0008"}
    assert copies("missions", doc) == [doc]


def test_documents_of_other_platforms_are_copied_nine_times_and_of_the_first_of_them_ten_times():
    counts = [
        len(copies("updates", {"_id": f"deployment/{name}/x", "platform": name})) for name in ("seed0080", "seed0081")
    ]
    assert counts == [11, 10]


def test_a_copy_has_the_name_of_its_platform_in_every_key():
    doc = {"_id": "platform:seed0100", "platform": "seed0100", "keys": ["=seed0100", "seed0100", "seed"]}
    copy = copies("search", doc)[1]
    assert copy == {
        "_id": "platform:copy0seed0100",
        "platform": "copy0seed0100",
        "keys": ["=copy0seed0100", "seed0100", "seed"],
    }


def test_a_copied_platform_has_a_serial_number_of_its_own():
    copy = copies("platforms", {"_id": "seed0100", "platform": "seed0100", "serial": "seed0100"})[1]
    assert (copy["_id"], copy["serial"], copy["serial_key"]) == ("copy0seed0100",) * 3


def test_entries_of_basins_are_not_copied():
    doc = {"_id": "basin:SEA-001", "kind": "basin"}
    assert copies("search", doc) == [doc]
