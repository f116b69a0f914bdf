"""Who may see and do what: sessions, roles, forged forms, guessing, headers."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from sevenc_sync.clock import utc_now
from sevenc_sync.match import questions
from sevenc_sync.score import load_results
from sevenc_sync.score.fields import fields_of
from sevenc_sync.sections import WebSettings
from sevenc_sync.web import clients, decide, house, signin, syncs
from sevenc_sync.web.guard import Manager, Operator, Viewer, signed_form
from sevenc_sync.web.proxies import BehindProxies
from sevenc_sync.web.signin import own_page
from sevenc_sync.web.throttle import FREE, Throttle
from tests.web.conftest import Client


def test_nobody_sees_a_page_without_signing_in(client: Client) -> None:
    for path in ("/", "/clients/1", "/audit", "/outbox"):
        status, text, answer = client.ask(path)
        assert (status, "Sign in" in text) == (200, True)
        assert "/login" in answer.url


def test_every_answer_has_the_headers(client: Client) -> None:
    for path in ("/login", "/static/console.css", "/nothing", "/api/v1/clients"):
        headers = client.ask(path)[2].headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_cookie_is_for_us_alone(client: Client) -> None:
    assert client.sign_in("vera") == 200
    (cookie,) = client.jar
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "lax"


@pytest.mark.parametrize(
    ("name", "path", "form", "status"),
    [
        ("vera", "/outbox", {"action": "approve", "row": "1"}, 403),
        ("vera", "/clients/1/attest", {"field": "x"}, 403),
        ("max", "/matching", {"verdict": "ignore"}, 403),
        ("max", "/syncs/read", {"target": "psa"}, 403),
        ("max", "/outbox", {"action": "approve", "row": "999999"}, 422),
        ("olga", "/syncs/read", {"target": "nobody"}, 404),
    ],
)
def test_a_role_may_do_what_it_may(
    client: Client, name: str, path: str, form: dict[str, str], status: int
) -> None:
    client.sign_in(name)
    assert client.ask(path, form | {"csrf": client.csrf()})[0] == status


def test_a_form_of_another_site_does_nothing(client: Client) -> None:
    client.sign_in("olga")
    form = {"action": "release", "reason": "because"}
    assert client.ask("/outbox", form)[0] == 403
    assert client.ask("/outbox", form | {"csrf": "made up"})[0] == 403
    mine = form | {"csrf": client.csrf()}
    assert client.ask("/outbox", mine, Sec_Fetch_Site="cross-site")[0] == 403
    assert client.ask("/outbox", mine, Origin="http://example.com")[0] == 403
    assert client.ask("/outbox", mine)[0] == 422  # it was read: the brake holds nothing


def test_only_web_addresses_are_kept_as_proof(console: Any, client: Client) -> None:
    client.sign_in("max")
    (first, *_) = load_results(console.engine.store, console.engine.rules)
    told = next(field for field in fields_of(console.engine.rules).values() if field.wrong("80") is None)
    until = f"{utc_now() + timedelta(days=30):%Y-%m-%d}"
    form = {"field": told.label, "value": "80", "target": first.areas[0].slug, "reason": "b", "until": until}
    form["csrf"] = client.csrf()
    for page, link in (("attest", "javascript:alert(1)"), ("except", "https://me:secret@example.com")):
        status, text, _ = client.ask(f"/clients/{first.client}/{page}", form | {"link": link})
        assert (status, "The link" in text) == (422, True)
        assert "secret" not in text


def test_a_company_of_the_psa_becomes_a_client_and_one_of_another_source_does_not(
    console: Any, client: Client
) -> None:
    client.sign_in("olga")
    engine = console.engine
    with engine.store.read() as connection:
        lines = [item.line for item in questions(connection)]
    own = next(line for line in lines if line.account == engine.config.master)
    other = next(line for line in lines if line.account != engine.config.master)
    form = {"verdict": "client", "csrf": client.csrf()}
    assert client.ask("/matching", form | {"account": other.account, "company": other.company})[0] == 422
    assert client.ask("/matching", form | {"account": own.account, "company": own.company})[0] == 200
    assert own.name in {result.name for result in load_results(engine.store, engine.rules)}, "scored at once"


def test_every_page_needs_a_person_and_every_form_a_role(console: Any) -> None:
    """Read off the routes themselves, so that a page that is added later is asked too."""
    free = {("GET", "/login"), ("POST", "/login")}
    wanted: dict[str, Any] = {"viewer": Viewer, "manager": Manager, "operator": Operator}
    roles = {}
    for part in (signin, clients, decide, syncs, house):
        for route in part.routes.routes:
            calls = [dependency.call for dependency in route.dependant.dependencies]
            names = [role for role, kind in wanted.items() if kind.__metadata__[0].dependency in calls]
            for method in route.methods - {"HEAD"}:
                roles[method, route.path] = names
                assert names or (method, route.path) in free, route.path
                if method == "POST" and route.path != "/login":
                    assert signed_form in calls, f"{route.path} takes forged forms"
                    assert names != ["viewer"] or route.path == "/logout", route.path
    assert roles["POST", "/outbox"] == ["manager"]
    assert roles["POST", "/matching"] == roles["POST", "/syncs/read"] == ["operator"]


def test_signing_out_ends_the_session(client: Client) -> None:
    client.sign_in("vera")
    (cookie,) = client.jar
    client.ask("/logout", {"csrf": client.csrf()})
    client.jar.set_cookie(cookie)
    assert "/login" in client.ask("/audit")[2].url


def test_guessing_is_slowed_down_and_noted(console: Any, client: Client) -> None:
    statuses = [client.sign_in("nobody at all", f"wrong {number}") for number in range(FREE + 1)]
    assert statuses == [401] * FREE + [429]
    # The address has to wait too; for the tests after this one it is forgotten.
    console.site.throttle.right(("address 127.0.0.1",))


def test_waiting_grows_and_ends() -> None:
    throttle, now, keys = Throttle(), utc_now(), ("name a",)
    for _ in range(FREE):
        assert throttle.waits(keys, now) is None
        throttle.wrong(keys, now)
    first = throttle.waits(keys, now)
    assert first is not None
    throttle.wrong(keys, now)
    second = throttle.waits(keys, now)
    assert second is not None
    assert second > first
    assert throttle.waits(keys, now + timedelta(minutes=20)) is None


@pytest.mark.parametrize(
    "text", ["//example.com", "https://example.com", "/\\example.com", "javascript:x", "/\nx", ""]
)
def test_signing_in_leads_nowhere_else(text: str) -> None:
    assert own_page(text) == "/"


@pytest.mark.parametrize("listen", ["0.0.0.0:7077", "192.168.1.5:80", "[::]:7077"])
def test_passwords_do_not_cross_a_network_in_the_open(listen: str) -> None:
    with pytest.raises(ValueError, match="is reached from other machines"):
        WebSettings(listen=listen)
    assert WebSettings(listen=listen, trusted_proxies=("10.0.0.5",)).listen == listen


@pytest.mark.parametrize(
    ("peer", "told", "path", "status", "seen"),
    [
        ("10.0.0.5", {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}, "/", 200, "203.0.113.9 https"),
        ("::ffff:10.0.0.5", {"x-forwarded-for": "203.0.113.9"}, "/", 200, "203.0.113.9 http"),
        ("10.0.0.5", {"x-forwarded-proto": "http"}, "/login", 403, "The proxy was asked over plain http"),
        ("10.0.0.7", {}, "/login", 403, "This address answers the proxies"),
        ("10.0.0.7", {"x-forwarded-proto": "https", "x-forwarded-for": "10.0.0.5"}, "/", 403, "This address answers"),
        ("10.0.0.7", {}, "/readyz", 200, "10.0.0.7 http"),
        ("127.0.0.1", {}, "/", 200, "127.0.0.1 http"),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9"}, "/", 200, "127.0.0.1 http"),
    ],
)  # fmt: skip
def test_nobody_comes_past_the_proxy_in_the_open(
    peer: str, told: dict[str, str], path: str, status: int, seen: str
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(f"{scope['client'][0]} {scope['scheme']}")(scope, receive, send)

    said: list[Message] = []

    async def nothing() -> Message:
        return {"type": "http.request"}

    async def note(message: Message) -> None:
        said.append(message)

    headers = [(name.encode(), value.encode()) for name, value in told.items()]
    scope = {"type": "http", "scheme": "http", "path": path, "headers": headers, "client": (peer, 1)}
    asyncio.run(BehindProxies(app, ["10.0.0.5"])(scope, nothing, note))
    assert said[0]["status"] == status
    assert said[1]["body"].decode().startswith(seen)
