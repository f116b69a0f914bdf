"""services from the outside: the MSP's own side, and one client's matrix and bills."""

from typing import Any


def some_client(site: Any) -> str:
    return str(site.json("clients")[0]["name"])


def test_the_owner_sees_who_buys_what_and_what_to_build_next(scored: Any) -> None:
    result = scored("services")
    assert result.exit_code == 0
    for words in (
        "Services",
        "buyers",
        "What to build next",
        "Paid and delivered",
        "continuous.backup-management",
    ):
        assert words in result.stdout


def test_machines_get_all_27_areas_with_their_numbers(scored: Any) -> None:
    found = scored.json("services")
    assert set(found) == {"areas", "build_next", "differences"}
    assert len(found["areas"]) == 27
    by_area = {item["area"]: item for item in found["areas"]}
    clients = len(scored.json("clients"))
    for item in by_area.values():
        assert item["clients"] == clients
        assert 0 <= item["buyers"] <= clients
        assert item["share"] == item["buyers"] / clients
    for area in found["build_next"]:
        assert by_area[area]["low"]
        assert by_area[area]["need"] > 0
    for item in found["differences"]:
        assert item["difference"]
        assert item["lines"] or item["records"]


def test_one_clients_matrix_has_every_area_once_and_its_bills_have_ids(scored: Any) -> None:
    found = scored.json("services", some_client(scored))
    assert len({duty["area"] for duty in found["matrix"]}) == len(found["matrix"]) == 27
    for duty in found["matrix"]:
        assert duty["party"] in {"msp", "client", "vendor", "partner", "ceo"}
        assert (duty["party"] == "msp") <= bool(duty["lines"])
    assert all(item["lines"] or item["records"] for item in found["bills"])


def test_people_see_the_matrix_and_what_is_nobodys(scored: Any) -> None:
    result = scored("services", some_client(scored))
    assert result.exit_code == 0
    for words in ("who delivers what", "delivered by", "are nobody's", "Delivered By AREA"):
        assert words in result.stdout


def test_an_unknown_client_is_an_error_that_names_the_nearest(scored: Any) -> None:
    result = scored("services", "no such client")
    assert result.exit_code == 1
    assert "there is no client" in result.stderr
