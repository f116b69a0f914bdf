"""Cove's records as they come: only the fields that are used, everything optional but the keys."""

import msgspec

Text = str | int | float | None
Columns = dict[str, object]
"""Of the columns that are read each is a text or a number; what else may stand there is nobody's business."""


class Entered(msgspec.Struct, gc=False, rename="pascal"):
    """Who has logged in; `partner_id` is the customer that the user belongs to."""

    partner_id: int


class LoginResult(msgspec.Struct, gc=False):
    """The inner half of the double result."""

    result: Entered


class Login(msgspec.Struct, gc=False):
    """Login."""

    visa: str
    result: LoginResult


class Fault(msgspec.Struct, gc=False):
    """The `error` of an answer."""

    code: int | None = None


class Partner(msgspec.Struct, gc=False, rename="pascal"):
    """EnumeratePartners."""

    id: int | str
    name: str | None = None
    level: str | None = None
    parent_id: int | str | None = None
    external_code: str | int | None = None
    state: str | None = None
    creation_time: Text = None


class Account(msgspec.Struct, gc=False, rename="pascal"):
    """EnumerateAccountStatistics. Settings are objects of one key each; `CODE=value` texts have been seen as well."""

    account_id: int | str
    partner_id: int | str | None = None
    settings: list[Columns | str] | Columns | None = None
