"""A small simulated MSP, its servers, and clients with the right keys."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World, build_world

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def small_world() -> World:
    """Six clients."""
    return build_world(clients=6, now=NOW)


@pytest.fixture(scope="session")
def big_world() -> World:
    """The forty clients of the demo."""
    return build_world(now=NOW)


@pytest.fixture
def sandbox(small_world: World) -> Iterator[Sandbox]:
    """Running servers whose clock stands still."""
    with Sandbox(small_world, clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def autotask(small_world: World) -> Iterator[Sandbox]:
    """The same MSP with the other PSA; its clock stands still."""
    with Sandbox(small_world, vendors=("autotask_psa", "datto_bcdr"), clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def at(autotask: Sandbox) -> Iterator[httpx.Client]:
    """A client of the other PSA's API with credentials, relative to the API's root."""
    account = autotask.accounts[0]
    headers = {
        "ApiIntegrationCode": account.secrets["integration_code"],
        "UserName": account.secrets["user_name"],
        "Secret": account.secrets["secret"],
    }
    with httpx.Client(base_url=f"{account.base_url}/ATServicesRest/V1.0", headers=headers) as client:
        yield client


@pytest.fixture
def psa(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client of the PSA's API with keys, relative to the API's root."""
    account = sandbox.accounts[0]
    user = f"{account.settings['company_id']}+{account.secrets['public_key']}"
    with httpx.Client(
        base_url=f"{account.base_url}/v4_6_release/apis/3.0",
        auth=(user, account.secrets["private_key"]),
        headers={"clientId": account.secrets["client_id"]},
    ) as client:
        yield client


@pytest.fixture
def bcdr(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client of the backup product's API with keys."""
    account = sandbox.accounts[1]
    keys = (account.secrets["public_key"], account.secrets["secret_key"])
    with httpx.Client(base_url=f"{account.base_url}/v1/bcdr", auth=keys) as client:
        yield client
