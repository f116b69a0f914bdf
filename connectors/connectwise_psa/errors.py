"""What ConnectWise's error answers mean, where their status alone does not say it.

Ordinary refusals are left to the kit: 401 (credentials), 403 "You do not have security permission ..." (a missing
right; the stream's `needs` names it), 404 NotFound (a record), 429 and passing faults (wait).
"""

import re
from collections.abc import Mapping

from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import (
    ConfigProblem,
    ContractChanged,
    CredentialsProblem,
    NoSuchChoice,
    PeriodClosed,
    Problem,
    RecordVanished,
    TextTooLong,
)

_KEYS = "Check company_id, public_key, private_key and client_id; the keys belong to System > Members > API Members."

# Said of values in stored records: asking again gives the same answer.
_BAD_DATA = ("error converting value", "string was not recognized as a valid", "could not convert")


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """The problem that an error answer means; None where the status says it."""
    said = _words(body)
    if status in (400, 404):
        return _address_problem(status, said) or (_refused_write(said, body) if status == 400 else None)  # noqa: PLR2004 - bad request
    if status in (401, 403):
        return _entry_problem(said)
    if status in (406, 415):
        return ConfigProblem(
            f"ConnectWise answered {status}: it does not take this API version.",
            action="Set api_version to the server's own version, or to an empty text for its newest.",
        )
    if status >= 500 and any(words in said for words in _BAD_DATA):  # noqa: PLR2004 - a server's fault
        return ContractChanged(
            f"ConnectWise cannot read one of its own records and answered {status}.",
            detail=vendor_words(body),
        )
    return None


def _words(body: bytes) -> str:
    """All that can be searched for known phrases, in lower case: plain texts come too. Never shown."""
    return body[:4096].decode("utf-8", "replace").lower()


def _address_problem(status: int, said: str) -> Problem | None:
    if "cannot route" in said:
        return ConfigProblem(
            "ConnectWise cannot route to this company: company_id, base_url or codebase is wrong.",
            action="Compare company_id and base_url with the login screen, then run `sevenc-sync check`.",
        )
    if status == 404:  # noqa: PLR2004 - not found
        if "endpoint does not exist" in said:
            return ContractChanged(
                "This ConnectWise server does not have an endpoint that is needed here.",
                action="If the server was just upgraded, the next run finds its new address. An old on-premises server"
                " has to be upgraded.",
            )
        if said.strip() and not said.lstrip().startswith(("{", "[")):
            return ConfigProblem(
                "There is no ConnectWise API at this address.",
                action="Check base_url and codebase. After an upgrade of ConnectWise the next run finds the new one.",
            )
    return None


# What is said of the fields of a record that we send. The words for texts and periods are documented nowhere.
_TOO_LONG = re.compile(r"maximum length|too long|length of|string or binary data would be truncated")
_CLOSED = re.compile(r"period[^.]{0,60}closed|closed[^.]{0,40}period")
_NO_CHOICE = re.compile(r"\b(type|board|priority|status)[^.\"]{0,20} not found")
_NO_COMPANY = re.compile(r"\bcompany \S+ not found")


def _refused_write(said: str, body: bytes) -> Problem | None:
    words = vendor_words(body)
    if _TOO_LONG.search(said):
        return TextTooLong(f'ConnectWise finds a text too long ("{words}").')
    if _CLOSED.search(said):
        return PeriodClosed(f'ConnectWise takes nothing for a closed period ("{words}").')
    if _NO_COMPANY.search(said):
        return RecordVanished(f'ConnectWise does not have this company ("{words}").')
    if _NO_CHOICE.search(said):
        return NoSuchChoice(
            f'ConnectWise does not have a type, board, priority or status that we name ("{words}").',
            action="Compare note_type, ticket_board, ticket_type and ticket_priority with ConnectWise's own lists.",
        )
    return None


def _entry_problem(said: str) -> Problem | None:
    if "clientid" in said or "client id" in said:
        return CredentialsProblem("ConnectWise refuses the client_id, or did not get one.", action=_KEYS)
    if "ssl is required" in said:
        return ConfigProblem(
            "This is ConnectWise's login site, not its API: the API host has `api-` before the name.",
            action="Set base_url to the site where you log in, such as https://na.myconnectwise.net.",
        )
    if "usernotauthenticated" in said:
        return CredentialsProblem(
            "ConnectWise does not let this API member in: wrong keys, or a member without a security role.",
            action=_KEYS,
        )
    return None
