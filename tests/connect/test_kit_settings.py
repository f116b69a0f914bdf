import pytest
from pydantic import ValidationError

from sevenc_sync.connect.connector import AccountSettings, check_base_url, is_loopback


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://na.myconnectwise.net", "https://na.myconnectwise.net"),
        ("https://psa.example/base/", "https://psa.example/base"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_is_https_or_on_this_machine(given: str, kept: str) -> None:
    assert check_base_url(given) == kept


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("http://na.myconnectwise.net", "plain http is refused"),
        ("http://127.0.0.1.evil.test", "plain http is refused"),
        ("http://10.0.0.1", "plain http is refused"),
        ("na.myconnectwise.net", "expected an address"),
        ("ftp://127.0.0.1", "expected an address"),
        ("https://", "expected an address"),
        ("https://user:pw@vendor.test", "credentials do not belong"),
        ("https://vendor.test?x=1", "no \\? and no #"),
        ("https://vendor.test#x", "no \\? and no #"),
    ],
)
def test_any_other_address_is_refused(given: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_base_url(given)


@pytest.mark.parametrize(
    ("given", "kept"), [("http://proxy.test:3128/", "http://proxy.test:3128"), (None, None)]
)
def test_a_proxy_is_an_address_of_a_host(given: str | None, kept: str | None) -> None:
    settings = {"name": "a", "connector": "b", "base_url": "https://v.test", "proxy": given}
    assert AccountSettings.model_validate(settings).proxy == kept


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("socks5://proxy.test", "expected an address"),
        ("proxy.test:3128", "expected an address"),
        ("http://", "expected an address"),
        ("http://proxy.test:99999", "out of range"),
        ("http://user:hunter22@proxy.test", "credentials do not belong"),
        ("http://proxy.test/path", "ends with its port"),
    ],
)
def test_any_other_proxy_is_refused_and_not_repeated(given: str, reason: str) -> None:
    settings = {"name": "a", "connector": "b", "base_url": "https://v.test", "proxy": given}
    with pytest.raises(ValidationError, match=reason) as caught:
        AccountSettings.model_validate(settings)
    assert "hunter22" not in str(caught.value)


def test_loopback_is_this_machine_alone() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("localhost.evil.test", "0.0.0.0", "10.0.0.1", "vendor.test")))  # noqa: S104 - an address that must not count


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="timeout_second"):
        AccountSettings.model_validate(
            {"name": "a", "connector": "b", "base_url": "https://v.test", "timeout_second": 5}
        )


def test_what_was_typed_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ValidationError) as caught:
        AccountSettings.model_validate(
            {"name": "a", "connector": "b", "base_url": "https://user:hunter22@v.test"}
        )
    assert "hunter22" not in str(caught.value)
