"""What Autotask's error answers mean: most come as 500 with a few words, so the words decide.

Left to the kit: 403 (a right is missing), 404 (a record that is gone), 429 and gateways' faults (wait).
"""

import re
from collections.abc import Callable, Mapping

from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    CredentialsProblem,
    NoSuchChoice,
    Overloaded,
    PeriodClosed,
    Problem,
    RecordVanished,
    TextTooLong,
    VendorDown,
)

_KEYS = (
    "Look at Admin > Resources (Users) > the API user: is it active and not locked, and are user_name, secret and"
    " integration_code its own? Autotask locks a user after repeated failures: correct them here before the next try."
)


def _credentials(said: str) -> Callable[[str], Problem]:
    return lambda words: CredentialsProblem(said, action=_KEYS, detail=words)


_NOT_LET_IN = (
    r"\b(invalid|incorrect|unknown|blank|wrong)\b[^.]{0,40}\b(user ?name|credential|password)"
    r"|\b(user ?name|credential|password)[^.]{0,40}\b(invalid|incorrect|unknown|blank|not valid|expired)"
)

# By somebody, or for a while: of an API user neither is said.
_LOCKED_RECORD = (
    r"\blocked (by|for) (another|other|a different|some|user|resource|process|session|edit|update)"
    r"|\b(being|currently) (edited|updated|modified|used) by\b"
)

# In the order in which they are looked for; the first that fits counts.
_MEANINGS: tuple[tuple[re.Pattern[str], Callable[[str], Problem]], ...] = tuple(
    (re.compile(pattern), made)
    for pattern, made in (
        (r"threshold|itgenatr005", lambda words: Overloaded("Autotask is asked too much.", detail=words)),
        (
            r"locking that table|too many concurrent|deadlock|time-?out",
            lambda words: VendorDown("Autotask is busy with one of its own tables.", detail=words),
        ),
        (
            r"integration ?code|tracking ?identifier",
            _credentials("Autotask does not know the integration_code."),
        ),
        (r"zone information could not be determined", _credentials("Autotask does not know the user_name.")),
        (
            # "This resource is locked by another user" is said of a record, and passes
            _LOCKED_RECORD,
            lambda words: VendorDown("Autotask has a record that somebody else works on.", detail=words),
        ),
        (
            r"\b(user|user ?name|logged in resource|account|login)\b[^.]{0,40}\block(ed|out)\b",
            _credentials("The API user is locked."),
        ),
        (
            _NOT_LET_IN,
            _credentials("Autotask does not let this API user in."),
        ),
        (
            r"maximum length of \d+ exceeded|exceeds? the maximum length|too long",
            lambda words: TextTooLong(f'Autotask finds a text too long ("{words}").', detail=words),
        ),
        (
            # how it is worded is documented nowhere
            r"period[^.]{0,60}(closed|locked)|(closed|locked)[^.]{0,40}period",
            lambda words: PeriodClosed(
                f'Autotask takes nothing for a closed period ("{words}").', detail=words
            ),
        ),
        (
            r"picklist value \[[^\]]*\] does not exist",
            lambda words: NoSuchChoice(
                f'Autotask does not have a value that we name ("{words}").',
                action="Compare note_action_type and the ticket_ settings with Autotask's own lists.",
                detail=words,
            ),
        ),
        (
            r"permission|access (is )?denied|not authorized",
            lambda words: AccessProblem("The API user's security level does not allow this.", detail=words),
        ),
        (
            r"no matching records? found|reference value on field: ?companyid",
            lambda words: RecordVanished("Autotask does not have this record.", detail=words),
        ),
        (
            r"reference value on field: ?assignedresourceid",
            lambda words: ConfigProblem(
                "The note_resource is no resource that can sign notes.",
                action="Set note_resource to the id of an active resource that is a person, not an API user.",
                detail=words,
            ),
        ),
    )
)


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """The problem that an error answer means; None where the status says it."""
    if status == 401:  # noqa: PLR2004 - unauthorized
        # its body is not documented, and a second try could lock the user
        return _credentials("Autotask refuses the API user's secret.")("")
    said = body[:4096].decode("utf-8", "replace").lower()
    if status == 404 and re.search(r"no (http resource|action) was found", said):  # noqa: PLR2004 - not found
        return ContractChanged(
            "Autotask does not have an address that is needed here.", detail=vendor_words(body)
        )
    if status == 400 or status >= 500:  # noqa: PLR2004 - a question that is refused, or a fault
        return _by_words(status, said, vendor_words(body))
    return None


def _by_words(status: int, said: str, words: str) -> Problem | None:
    for pattern, made in _MEANINGS:
        if pattern.search(said):
            return made(words)
    if status in (400, 500) and '"errors"' in said:
        shown = f' ("{words}")' if words else ""
        return ContractChanged(f"Autotask does not take a question of ours{shown}.")
    return None
