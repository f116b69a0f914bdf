"""Which records are one device: serials, host names, and what must stay alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.match.devices import group, host_key, serial_key
from sevenc_sync.match.placeholders import PLACEHOLDER_SERIALS
from sevenc_sync.store.links import DeviceRecord

PSA, RMM, BACKUP = 1, 2, 3


def asset(
    key: str, host: str | None = None, serial: str | None = None, account: int = PSA, *, is_live: bool = True
) -> DeviceRecord:
    return DeviceRecord(kind="asset", account=account, id=key, serial=serial, host=host, is_live=is_live)


def protection(
    key: str, host: str | None = None, serial: str | None = None, *, is_live: bool = True
) -> DeviceRecord:
    return DeviceRecord(kind="protection", account=BACKUP, id=key, serial=serial, host=host, is_live=is_live)


def devices(*records: DeviceRecord) -> list[list[str]]:
    """The ids of the records of each device."""
    found: dict[str, list[str]] = {}
    for key, tie in group(records).items():
        found.setdefault(tie.device, []).append(key[2])
    return sorted(sorted(ids) for ids in found.values())


@pytest.mark.parametrize(
    "serial",
    ["To be filled by O.E.M.", "Default string", "0", "None", "System Serial Number", "N/A", "xxxxxxxx", "00000000",
     "VMware-56 4d 3f 2a", "123456789", "...", "", "  ", None, "ABC", "Not Specified", "Serial Number: none"],
)  # fmt: skip
def test_what_stands_in_for_a_serial_is_none(serial: str | None) -> None:
    assert serial_key(serial) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5CG1234XYZ", "5cg1234xyz"),
        ("ABC-123-X", "ABC123X"),
        ("S/N: PF0ABCD", "PF0ABCD"),
        (" 7X9K2M1 ", "7X9K2M1"),
    ],
)
def test_serials_are_equal_whatever_their_case_and_marks(one: str, other: str) -> None:
    assert serial_key(one) == serial_key(other) is not None


def test_leading_zeros_of_a_serial_count() -> None:
    assert serial_key("0012345") != serial_key("12345")


def test_placeholders_are_written_as_they_stand_after_folding() -> None:
    assert {
        "".join(c for c in word.casefold() if c.isalnum()) for word in PLACEHOLDER_SERIALS
    } == PLACEHOLDER_SERIALS


@pytest.mark.parametrize(
    ("text", "short"),
    [("SRV01", "srv01"), ("srv01.acme.local", "srv01"), ("ACME\\SRV01", "srv01"), ("10.0.0.5", None), ("::1", None),
     ("Reception PC left", None), ("localhost", None), ("", None), (None, None), ("fs_01", "fs_01"), ("N/A", None)],
)  # fmt: skip
def test_a_host_name_is_short_and_in_lower_case_or_none(text: str | None, short: str | None) -> None:
    assert host_key(text) == short


def test_equal_serials_tie_whatever_the_names() -> None:
    assert devices(
        asset("a", "SRV01", "SN-11111"),
        asset("b", "renamed", "sn11111", RMM),
        protection("p", None, "SN11111"),
    ) == [["a", "b", "p"]]


def test_equal_host_names_tie_across_sources() -> None:
    ties = group([asset("a", "SRV01"), protection("p", "srv01.acme.local"), asset("c", "SRV02")])
    assert {tie.method for tie in ties.values()} == {"host-name", "alone"}
    assert devices(asset("a", "SRV01"), protection("p", "srv01.acme.local"), asset("c", "SRV02")) == [
        ["a", "p"],
        ["c"],
    ]


def test_a_name_cut_to_fifteen_characters_ties_when_it_is_plain() -> None:
    assert devices(asset("a", "acme-fileserver-01"), protection("p", "acme-fileserver")) == [["a", "p"]]


def test_a_cut_name_that_could_be_two_machines_ties_nothing() -> None:
    assert devices(
        asset("a", "acme-fileserver-01"), asset("b", "acme-fileserver-02"), protection("p", "acme-fileserver")
    ) == [["a"], ["b"], ["p"]]


def test_two_long_names_that_only_begin_alike_are_two_machines() -> None:
    assert devices(asset("a", "acme-fileserver-01"), protection("p", "acme-fileserver-02")) == [["a"], ["p"]]


def test_a_name_that_stands_twice_in_one_source_ties_nothing_of_that_source() -> None:
    assert devices(asset("a", "SRV01"), asset("b", "SRV01"), protection("p", "SRV01")) == [
        ["a"],
        ["b"],
        ["p"],
    ]


def test_sources_in_which_the_name_is_plain_still_tie_beside_one_where_it_is_not() -> None:
    assert devices(
        asset("a", "SRV01"), asset("b", "SRV01"), asset("r", "SRV01", None, RMM), protection("p", "SRV01")
    ) == [["a"], ["b"], ["p", "r"]]


def test_a_retired_record_does_not_make_the_name_of_its_successor_ambiguous() -> None:
    assert devices(asset("new", "SRV01"), asset("old", "SRV01", is_live=False), protection("p", "SRV01")) == [
        ["new", "p"],
        ["old"],
    ]
    assert devices(asset("old", "SRV01", is_live=False), protection("p", "SRV01")) == [["old", "p"]]


def test_serials_that_differ_are_never_tied_by_a_name() -> None:
    assert devices(asset("a", "SRV01", "SN11111"), asset("b", "SRV01", "SN22222", RMM)) == [["a"], ["b"]]


def test_a_serial_that_one_source_gives_to_several_machines_ties_nothing() -> None:
    cloned = [
        asset("a", "VM1", "SAME9999"),
        asset("b", "VM2", "SAME9999"),
        protection("p", "VM2", "SAME9999"),
    ]
    assert devices(*cloned) == [["a"], ["b", "p"]]


def test_one_machine_entered_twice_is_one_device() -> None:
    assert devices(
        asset("a", "SRV01", "SN11111"), asset("b", "srv01", "SN11111"), protection("p", "SRV01")
    ) == [["a", "b", "p"]]


def test_records_without_serial_and_name_stay_alone() -> None:
    assert devices(asset("a"), asset("b"), protection("p")) == [["a"], ["b"], ["p"]]
    assert {tie.method for tie in group([asset("a"), protection("p")]).values()} == {"alone"}


@st.composite
def records(draw: st.DrawFn) -> list[DeviceRecord]:
    keys = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["asset", "protection"]), st.integers(1, 3), st.sampled_from("abcdefgh")
            ),
            unique=True,
            max_size=16,
        )
    )
    hosts = st.sampled_from(
        [
            None,
            "srv01",
            "SRV01.acme.local",
            "srv02",
            "acme-fileserver",
            "acme-fileserver-01",
            "acme-fileserver-02",
        ]
    )
    serials = st.sampled_from([None, None, "SN11111", "SN22222", "Default string"])
    return [
        DeviceRecord(
            kind=kind,
            account=account,
            id=key,
            serial=draw(serials),
            host=draw(hosts),
            is_live=draw(st.booleans()),
        )
        for kind, account, key in keys
    ]


@given(records(), st.data())
def test_the_order_of_records_never_matters(rows: list[DeviceRecord], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(rows))
    assert group(mixed) == group(rows)
    assert list(group(mixed)) == sorted(row.key for row in rows)


@given(records())
def test_no_device_ever_has_two_serials_and_only_a_device_of_one_record_is_alone(
    rows: list[DeviceRecord],
) -> None:
    ties = group(rows)
    serials: dict[str, set[str]] = {}
    sizes: dict[str, int] = {}
    for row in rows:
        device = ties[row.key].device
        sizes[device] = sizes.get(device, 0) + 1
        if serial := serial_key(row.serial):
            serials.setdefault(device, set()).add(serial)
    assert all(len(found) == 1 for found in serials.values())
    assert all((sizes[tie.device] == 1) == (tie.method == "alone") for tie in ties.values())
    assert all(
        min(":".join(map(str, key)) for key in ties if ties[key].device == tie.device) == tie.device
        for tie in ties.values()
    )
