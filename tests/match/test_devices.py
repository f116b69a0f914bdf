"""Which records are one device: serials, host names, and what must stay alone."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.match.devices import group
from sevenc_sync.match.identity import host_key, mac_keys, serial_key
from sevenc_sync.match.placeholders import PLACEHOLDER_SERIALS
from sevenc_sync.store.devices import DeviceRecord

PSA, RMM, BACKUP = 1, 2, 3


DAY = 86_400


def asset(
    key: str,
    host: str | None = None,
    serial: str | None = None,
    account: int = PSA,
    *,
    is_live: bool = True,
    mac: str | None = None,
    seen: int | None = None,
) -> DeviceRecord:
    """`seen` is the day on which it was seen last."""
    return DeviceRecord(
        kind="asset", account=account, id=key, serial=serial, host=host, is_live=is_live, mac=mac,
        seen_at=None if seen is None else seen * DAY,
    )  # fmt: skip


def protection(
    key: str, host: str | None = None, serial: str | None = None, *, is_live: bool = True
) -> DeviceRecord:
    return DeviceRecord(kind="protection", account=BACKUP, id=key, serial=serial, host=host, is_live=is_live)


def devices(*records: DeviceRecord) -> list[list[str]]:
    """The ids of the records of each device."""
    found: dict[str, list[str]] = {}
    for key, tie in group(records).ties.items():
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
    ties = group([asset("a", "SRV01"), protection("p", "srv01.acme.local"), asset("c", "SRV02")]).ties
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
    assert {tie.method for tie in group([asset("a"), protection("p")]).ties.values()} == {"alone"}


CARD, OTHER_CARD = "3C:52:82:11:22:33", "3C:52:82:44:55:66"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (CARD, {"3c5282112233"}),
        ("3c-52-82-11-22-33", {"3c5282112233"}),
        ("3C5282112233", {"3c5282112233"}),
        ("3c52.8211.2233", {"3c5282112233"}),
        (f"{CARD}, {OTHER_CARD}; 00:50:56:aa:bb:cc", {"3c5282112233", "3c5282445566"}),
        ("DA:A1:19:11:22:33", set()),
        ("01:00:5e:00:00:01", set()),
        ("00:15:5D:01:02:03", set()),
        ("00:00:00:00:00:00", set()),
        ("ff:ff:ff:ff:ff:ff", set()),
        ("none", set()),
        ("3C:52:82:11:22:33:44", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_only_addresses_of_real_network_cards_count(text: str | None, keys: set[str]) -> None:
    assert mac_keys(text) == keys


def methods(*records: DeviceRecord, **said: set[tuple[str, str]]) -> dict[str, tuple[str, bool]]:
    return {key[2]: (tie.method, tie.is_stale) for key, tie in group(records, **said).ties.items()}


def asked(*records: DeviceRecord, **said: set[tuple[str, str]]) -> list[tuple[str, str, list[str]]]:
    return [
        (item.kind, item.value, [text.rsplit(":", 1)[1] for text in item.records])
        for item in group(records, **said).conflicts
    ]


def test_equal_cards_tie_what_has_no_serial() -> None:
    rows = asset("a", "Reception PC", mac=CARD), asset("r", "pc-7", "SN11111", RMM, mac=CARD.lower())
    assert devices(*rows) == [["a", "r"]]
    tie = group(rows).ties["asset", PSA, "a"]
    assert (tie.method, tie.detail, tie.confidence) == ("mac", "mac 3c5282112233", 0.97)


def test_a_card_that_moves_between_machines_such_as_a_docks_ties_nothing() -> None:
    assert devices(asset("a", "pc-7", mac=CARD), asset("b", "pc-8", mac=CARD, account=RMM)) == [["a"], ["b"]]
    assert devices(asset("a", "pc-7", "SN11111", mac=CARD), asset("b", "pc-7", "SN22222", RMM, mac=CARD)) == [
        ["a"],
        ["b"],
    ]


def test_cloned_machines_are_asked_about_with_all_records() -> None:
    rows = asset("a", "VM1", "SAME9999", seen=100), asset("b", "VM2", "SAME9999", seen=99)
    assert devices(*rows) == [["a"], ["b"]]
    assert asked(*rows) == [("serial", "same9999", ["a", "b"])]


def test_the_record_that_a_machine_left_behind_when_it_was_set_up_anew_is_one_with_the_new_one() -> None:
    new, old = asset("new", "PC-7", "SN11111", seen=100), asset("old", "OLDNAME", "SN11111", seen=60)
    assert methods(new, old) == {"new": ("serial", False), "old": ("serial", True)}
    assert asked(new, old) == []
    by_name = asset("n", "PC-8", seen=100), asset("o", "PC-8", seen=70), protection("p", "pc-8")
    assert methods(*by_name) == {
        "n": ("host-name", False),
        "o": ("host-name", True),
        "p": ("host-name", False),
    }


def test_what_was_seen_a_month_apart_with_other_cards_or_serials_is_no_double() -> None:
    cards = asset("a", "X", "SN11111", seen=100, mac=CARD), asset("b", "Y", "SN11111", seen=1, mac=OTHER_CARD)
    assert devices(*cards) == [["a"], ["b"]]
    assert asked(*cards) == [("serial", "sn11111", ["a", "b"])]
    replaced = asset("a", "PC-7", "SN11111", seen=100), asset("b", "PC-7", "SN22222", seen=1)
    assert devices(*replaced) == [["a"], ["b"]]
    assert asked(*replaced) == []


def test_one_host_name_twice_and_names_that_serials_contradict_are_asked_about() -> None:
    twice = asset("a", "SRV01", seen=100), asset("b", "SRV01", seen=100)
    assert asked(*twice) == [("host-name", "srv01", ["a", "b"])]
    serials = asset("a", "SRV01", "SN11111"), asset("r", "SRV01", "SN22222", RMM)
    assert asked(*serials) == [("host-name", "srv01", ["a", "r"])]


def test_no_chain_ties_what_one_source_tells_apart() -> None:
    rows = (
        asset("a1", "pc-1", "SN11111", RMM),
        asset("a2", "pc-2", None, RMM),
        asset("b", "pc-2", "SN11111", PSA),
    )
    assert devices(*rows) == [["a1", "b"], ["a2"]]
    assert asked(*rows) == [("host-name", "pc-2", ["b", "a2"])]


def test_a_serial_that_very_many_records_carry_ties_nothing() -> None:
    rows = [asset(f"a{n:02}", "srv", "SN11111", account=n) for n in range(21)]
    assert {method for method, _ in methods(*rows).values()} == {"host-name"}
    assert len(asked(*(replace(row, host=None) for row in rows))) == 1


def test_mailboxes_and_shares_are_no_machines() -> None:
    share = replace(protection("p", "SRV01", "SN11111"), workload="Share")
    assert methods(asset("a", "SRV01", "SN11111"), share) == {"a": ("alone", False), "p": ("workload", False)}


def test_a_persons_word_ties_and_parts_whatever_is_written() -> None:
    rows = asset("a", "SRV01", "SN11111"), asset("r", "SRV01", "SN22222", RMM)
    pair = {("asset:1:a", "asset:2:r")}
    assert methods(*rows, same=pair) == {"a": ("operator", False), "r": ("operator", False)}
    assert asked(*rows, same=pair) == asked(*rows, differ=pair) == []
    equal = asset("a", "SRV01", "SN11111"), asset("r", "SRV01", "SN11111", RMM)
    assert devices(*equal) == [["a", "r"]]
    assert {method for method, _ in methods(*equal, differ=pair).values()} == {"alone"}


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
            is_live=draw(st.sampled_from([True, True, False])),
            mac=draw(st.sampled_from([None, None, CARD, OTHER_CARD, "00:50:56:aa:bb:cc"])),
            seen_at=draw(st.sampled_from([None, 100 * DAY, 99 * DAY, 50 * DAY])),
            workload=draw(st.sampled_from([None, None, None, "mailbox"])),
        )
        for kind, account, key in keys
    ]


@given(records(), st.data())
def test_the_order_of_records_never_matters(rows: list[DeviceRecord], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(rows))
    assert group(mixed) == group(rows)
    assert list(group(mixed).ties) == sorted(row.key for row in rows)


@given(records())
def test_no_device_ever_has_two_serials_and_only_a_device_of_one_record_is_alone(
    rows: list[DeviceRecord],
) -> None:
    ties = group(rows).ties
    serials: dict[str, set[str]] = {}
    sizes: dict[str, int] = {}
    for row in rows:
        device = ties[row.key].device
        sizes[device] = sizes.get(device, 0) + 1
        if serial := serial_key(row.serial):
            serials.setdefault(device, set()).add(serial)
    assert all(len(found) == 1 for found in serials.values())
    assert all((sizes[tie.device] == 1) == (tie.method in ("alone", "workload")) for tie in ties.values())
    assert all(
        min(":".join(map(str, key)) for key in ties if ties[key].device == tie.device) == tie.device
        for tie in ties.values()
    )


@given(records())
def test_no_device_holds_two_records_that_their_own_source_tells_apart(rows: list[DeviceRecord]) -> None:
    ties = group(rows).ties
    for one, other in combinations(rows, 2):
        if ties[one.key].device != ties[other.key].device or one.source != other.source:
            continue
        cards = mac_keys(one.mac), mac_keys(other.mac)
        assert not all(cards) or cards[0] & cards[1]
        names = {host_key(one.host), host_key(other.host)} - {None}
        seen = [row.seen_at for row in (one, other) if row.seen_at is not None]
        is_old = len(seen) == 2 and abs(seen[0] - seen[1]) >= 30 * DAY
        assert len(names) < 2 or is_old or not (one.is_live and other.is_live)


@given(records())
def test_every_question_is_about_records_that_are_not_one_device(rows: list[DeviceRecord]) -> None:
    found = group(rows)
    devices_of = {row.text: found.ties[row.key].device for row in rows}
    for conflict in found.conflicts:
        assert len({devices_of[text] for text in conflict.records}) > 1


@given(records(), st.data())
def test_a_persons_word_that_two_are_two_is_kept(rows: list[DeviceRecord], data: st.DataObject) -> None:
    texts = sorted(row.text for row in rows)
    pairs = (
        data.draw(st.sets(st.sampled_from(list(combinations(texts, 2))), max_size=3))
        if len(texts) > 1
        else set()
    )
    found = group(rows, differ=pairs)
    devices_of = {row.text: found.ties[row.key].device for row in rows}
    assert all(devices_of[one] != devices_of[other] for one, other in pairs)
