import base64
import json
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr, ValidationError

from connectors.connectwise_psa import CONNECTOR
from connectors.connectwise_psa.settings import ConnectwiseSettings
from connectors.connectwise_psa.site import accept, api_address, link, login_address
from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import ConfigProblem, ContractChanged, VendorDown
from sevenc_sync.connect.http import HttpFactory

INFO = {
    "CompanyName": "Example MSP",
    "Codebase": "v2026_1/",
    "VersionCode": "v2026.1",
    "VersionNumber": "v2026.1.12345",
    "CompanyID": "examplemsp",
    "IsCloud": "True",
    "SiteUrl": "api-na.myconnectwise.net",
    "AllowedOrigins": ["*.myconnectwise.net"],
}


def settings(**changes: Any) -> ConnectwiseSettings:
    values: dict[str, Any] = {
        "name": "psa",
        "connector": "connectwise_psa",
        "base_url": "https://na.myconnectwise.net",
        "company_id": "examplemsp",
        "public_key": "PublicKey123",
        "private_key": "PrivateKey456",
        "client_id": "11111111-2222-3333-4444-555555555555",
    }
    return ConnectwiseSettings(**{**values, **changes})


def opened_at(
    vendor: respx.MockRouter, factory: HttpFactory, base_url: str, info: object, **changes: Any
) -> str:
    """The API's address that opening the account finds. The login site answers with `info`."""
    vendor.get(url__regex=r".*/login/companyinfo/examplemsp$").respond(200, content=json.dumps(info))
    with CONNECTOR.open(settings(base_url=base_url, **changes), factory) as http:
        return http.base_url


@pytest.mark.parametrize(
    ("base_url", "api"),
    [
        ("https://na.myconnectwise.net", "https://api-na.myconnectwise.net"),
        ("https://eu.myconnectwise.net/", "https://api-eu.myconnectwise.net"),
        ("https://AU.MyConnectWise.net", "https://api-au.myconnectwise.net"),
        ("https://aus.myconnectwise.net", "https://api-aus.myconnectwise.net"),
        ("https://za.myconnectwise.net", "https://api-za.myconnectwise.net"),
        ("https://staging.connectwisedev.com", "https://api-staging.connectwisedev.com"),
        ("https://api-na.myconnectwise.net", "https://api-na.myconnectwise.net"),
        ("https://sandbox-na.myconnectwise.net", "https://sandbox-na.myconnectwise.net"),
        ("https://psa.example.test", "https://psa.example.test"),
        ("https://psa.example.test:8443/inner", "https://psa.example.test:8443/inner"),
        ("http://127.0.0.1:8099", "http://127.0.0.1:8099"),
    ],
)
def test_cloud_sites_have_an_api_host_of_their_own_and_other_servers_do_not(
    base_url: str, api: str, vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    info = {"Codebase": "v2026_1/"}
    assert opened_at(vendor, factory, base_url, info) == f"{api}/v2026_1/apis/3.0"


def test_the_login_site_is_asked_where_people_log_in_without_any_credentials(
    vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    route = vendor.get("https://na.myconnectwise.net/login/companyinfo/examplemsp").respond(200, json=INFO)
    for base_url in ("https://na.myconnectwise.net", "https://api-na.myconnectwise.net"):
        with CONNECTOR.open(settings(base_url=base_url), factory):
            pass
    assert route.call_count == 2
    for call in route.calls:
        assert "authorization" not in call.request.headers
        assert "clientid" not in call.request.headers


def test_a_host_named_by_the_login_site_is_followed_only_if_it_is_the_same_with_api_before_it(
    vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    base = "https://anz.myconnectwise.net"
    for site in ("api-anz.myconnectwise.net", "https://API-anz.myconnectwise.net/"):
        found = opened_at(vendor, factory, base, {**INFO, "SiteUrl": site})
        assert found == "https://api-anz.myconnectwise.net/v2026_1/apis/3.0"


@pytest.mark.parametrize(
    "site",
    [
        "evil.test",
        "api-na.myconnectwise.net.evil.test",
        "api-anz.myconnectwise.net@evil.test",
        "api-anz.myconnectwise.net:8443",
        "https://[broken",
        "",
        None,
        7,
    ],
)
def test_credentials_never_go_to_another_host(
    site: object, vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    found = opened_at(vendor, factory, "https://anz.myconnectwise.net", {**INFO, "SiteUrl": site})
    assert found == "https://anz.myconnectwise.net/v2026_1/apis/3.0"


def test_a_plain_http_server_on_this_machine_is_never_left(
    vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    info = {**INFO, "SiteUrl": "api-localhost:8099"}
    assert (
        opened_at(vendor, factory, "http://localhost:8099", info) == "http://localhost:8099/v2026_1/apis/3.0"
    )


@pytest.mark.parametrize(
    ("info", "codebase"),
    [
        ({"Codebase": "v2026_1"}, "v2026_1/"),
        ({"Codebase": "/v4_6_release/"}, "v4_6_release/"),
        ({"codebase": "v2026_1/", "IsCloud": False}, "v2026_1/"),
        ({"Codebase": ""}, "v4_6_release/"),
        ({"Codebase": None}, "v4_6_release/"),
        ({}, "v4_6_release/"),
    ],
)
def test_the_codebase_is_the_one_that_is_named_else_the_one_that_always_works(
    info: object, codebase: str, vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    found = opened_at(vendor, factory, "https://psa.example.test", info)
    assert found == f"https://psa.example.test/{codebase}apis/3.0"


@pytest.mark.parametrize("codebase", ["../secret/", "a/b/", "v1?x=", "..", "https://evil.test/"])
def test_a_codebase_that_is_no_path_segment_is_refused(
    codebase: str, vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    with pytest.raises(ContractChanged, match="codebase"):
        opened_at(vendor, factory, "https://psa.example.test", {"Codebase": codebase})


def test_an_unknown_company_is_told_by_its_setting(vendor: respx.MockRouter, factory: HttpFactory) -> None:
    with pytest.raises(ConfigProblem, match="company_id 'examplemsp'") as caught:
        opened_at(vendor, factory, "https://na.myconnectwise.net", None)
    assert "company_id" in caught.value.action


def test_a_server_that_is_no_connectwise_is_told_so(vendor: respx.MockRouter, factory: HttpFactory) -> None:
    for answer in (httpx.Response(404), httpx.Response(404, html="<html>nginx</html>")):
        vendor.get(url__startswith="https://www.example.test/").mock(return_value=answer)
        with pytest.raises(ConfigProblem) as caught:
            CONNECTOR.open(settings(base_url="https://www.example.test"), factory)
        assert "base_url" in caught.value.action


def test_a_login_site_that_is_down_is_a_vendor_that_is_down(
    vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    vendor.get(url__startswith="https://na.myconnectwise.net/").respond(503)
    with pytest.raises(VendorDown):
        CONNECTOR.open(settings(), factory)


def test_a_web_page_in_place_of_the_login_sites_answer_is_told_so(
    vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    vendor.get(url__startswith="https://na.myconnectwise.net/").respond(200, html="<html></html>")
    with pytest.raises(VendorDown, match="web page"):
        CONNECTOR.open(settings(), factory)


def test_an_odd_answer_of_the_login_site_is_a_changed_contract(
    vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    with pytest.raises(ContractChanged):
        opened_at(vendor, factory, "https://na.myconnectwise.net", ["v2026_1/"])


def test_a_configured_codebase_is_used_without_asking(vendor: respx.MockRouter, factory: HttpFactory) -> None:
    route = vendor.get(url__regex=".*companyinfo.*").respond(500)
    with CONNECTOR.open(settings(codebase="v4_6_release"), factory) as http:
        assert http.base_url == "https://api-na.myconnectwise.net/v4_6_release/apis/3.0"
    assert route.call_count == 0


def test_every_request_carries_the_member_the_client_id_and_the_version(
    vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    vendor.get(url__regex=r".*/login/companyinfo/examplemsp$").respond(200, json=INFO)
    route = vendor.get("https://api-na.myconnectwise.net/v2026_1/apis/3.0/system/info").respond(200, json={})
    with CONNECTOR.open(settings(), factory) as http:
        http.get("/system/info")
    headers = route.calls.last.request.headers
    basic = base64.b64encode(b"examplemsp+PublicKey123:PrivateKey456").decode()
    assert headers["authorization"] == f"Basic {basic}"
    assert headers["clientid"] == "11111111-2222-3333-4444-555555555555"
    assert headers["accept"] == "application/vnd.connectwise.com+json; version=2026.4"


def test_all_keys_are_known_as_secrets_once_the_account_is_opened(
    vendor: respx.MockRouter, factory: HttpFactory
) -> None:
    opened_at(vendor, factory, "https://na.myconnectwise.net", INFO)
    for secret in ("PublicKey123", "PrivateKey456", "11111111-2222-3333-4444-555555555555"):
        assert secret not in redact.redact(f"x {secret} y")


def test_an_empty_version_asks_for_the_servers_newest() -> None:
    assert accept("") == "application/vnd.connectwise.com+json"
    assert accept("2025.1") == "application/vnd.connectwise.com+json; version=2025.1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"company_id": ""},
        {"company_id": "a b"},
        {"company_id": "a+b"},
        {"company_id": "a:b"},
        {"public_key": " "},
        {"client_id": "two words"},
        {"client_id": "gr\u00fcn"},
        {"client_id": "a\r\nX-Header: b"},
        {"api_version": "newest"},
        {"codebase": "../x"},
        {"codebase": "a/b"},
        {"base_url": "http://na.myconnectwise.net"},
        {"bord": "x"},
    ],
)
def test_a_setting_that_cannot_work_is_refused_without_showing_a_secret(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**wrong)
    assert "PrivateKey456" not in str(caught.value)
    assert "X-Header" not in str(caught.value)


def test_pasted_blanks_around_keys_do_no_harm() -> None:
    pasted = settings(public_key=" PublicKey123\n", codebase=" ", client_id=SecretStr("\tabc "))
    assert pasted.public_key.get_secret_value() == "PublicKey123"
    assert pasted.client_id.get_secret_value() == "abc"
    assert pasted.codebase is None


@pytest.mark.parametrize(
    ("table", "address"),
    [
        ("ticket", "ConnectWise.aspx?routeTo=ServiceFV&recid=404"),
        ("company", "ConnectWise.aspx?routeTo=AccountFV&recid=404"),
        ("asset", "ConnectWise.aspx?routeTo=ConfigFV&recid=404"),
    ],
)
def test_people_get_a_link_to_the_login_site(table: str, address: str) -> None:
    for base_url in ("https://na.myconnectwise.net", "https://api-na.myconnectwise.net/"):
        found = link(settings(base_url=base_url), table, "404")
        assert found == f"https://na.myconnectwise.net/v4_6_release/{address}"


def test_there_is_no_link_where_no_address_is_known() -> None:
    assert link(settings(), "contract", "1") is None
    assert link(settings(), "ticket", "") is None
    assert CONNECTOR.link is link


def test_a_links_record_cannot_leave_its_place() -> None:
    assert str(link(settings(), "ticket", "1&x=2#y")).endswith("recid=1%26x%3D2%23y")


def test_addresses_are_worked_out_without_asking() -> None:
    assert login_address("https://api-eu.myconnectwise.net") == "https://eu.myconnectwise.net"
    assert api_address("https://psa.example.test", None) == "https://psa.example.test"
