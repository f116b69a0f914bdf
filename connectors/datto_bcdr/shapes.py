"""Datto's answers: a list, a list in an envelope, a list written as an object; and errors that come with status 200."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import AccessProblem, CredentialsProblem, Problem, RecordVanished, VendorDown
from sevenc_sync.connect.layouts import Layout

_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])

# Words of the exception's name, in the order in which they are looked for.
_MEANINGS: tuple[tuple[str, type[Problem]], ...] = (
    ("notfound", RecordVanished),
    ("accessdenied", AccessProblem),
    ("forbidden", AccessProblem),
    ("unauthorized", CredentialsProblem),
    ("authentication", CredentialsProblem),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """Another layout, after a look whether the answer is an error in spite of its status."""

    inner: Layout

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout. An unknown error is VendorDown: asked again, never "no records"."""
        if body[:64].lstrip().startswith(b"{"):
            problem = error_of(body)
            if problem is not None:
                raise problem
        return self.inner.split(body)


def error_of(body: bytes) -> Problem | None:
    """The problem that an object with a `code` and no `items` stands for; None for any other body."""
    try:
        fields = _KEYS.decode(body)
    except msgspec.DecodeError:
        return None  # the layout says what is wrong with it
    if "code" not in fields or "items" in fields:
        return None
    code = bytes(fields["code"]).decode("utf-8", "replace").lower()
    words = vendor_words(body)
    said = f': "{words}"' if words else ""
    kind = next((kind for word, kind in _MEANINGS if word in code), VendorDown)
    return kind(f"Datto answered with an error in place of data{said}.")
