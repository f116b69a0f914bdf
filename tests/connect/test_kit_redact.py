import base64

from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect import redact

# the mask's own bullet cannot tell itself from a secret
SECRETS = st.lists(st.text(st.characters(exclude_characters="•"), min_size=4, max_size=12), max_size=5)


@given(SECRETS, st.data())
def test_no_known_secret_survives(secrets: list[str], data: st.DataObject) -> None:
    redact._secrets.clear()
    for secret in secrets:
        redact.register(secret)
    parts = data.draw(st.lists(st.sampled_from(secrets) | st.text(max_size=5) if secrets else st.text()))
    shown = redact.redact("".join(parts))
    for secret in secrets:
        assert secret not in shown


@given(SECRETS, st.text(max_size=60))
def test_a_text_without_secrets_stays_as_it_is(secrets: list[str], text: str) -> None:
    redact._secrets.clear()
    for secret in secrets:
        redact.register(secret)
    if not any(secret in text for secret in redact._secrets):
        assert redact.redact(text) == text


def test_overlapping_secrets_leave_no_tail() -> None:
    redact.register("abcdef")
    redact.register("defghi")
    assert redact.redact("x abcdefghi y") == f"x {redact.MASK} y"
    assert redact.redact("abcdefdefghi") == redact.MASK


def test_a_secret_is_known_in_the_encoding_of_a_header_too() -> None:
    redact.register_basic("public", "private-key")
    header = base64.b64encode(b"public:private-key").decode()
    assert redact.redact(f"Basic {header} private-key") == f"Basic {redact.MASK} {redact.MASK}"


def test_a_secret_of_broken_text_is_known_too() -> None:
    redact.register("half\ud800pair")
    assert redact.redact("half\ud800pair") == redact.MASK


def test_values_too_short_to_be_secrets_blot_out_nothing() -> None:
    redact.register("abc")
    assert redact.redact("abcabc") == "abcabc"
