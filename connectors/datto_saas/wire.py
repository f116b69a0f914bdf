"""SaaS Protection's records as they come: only the fields that are used, everything optional but the keys."""

import msgspec

Count = int | str | None
# Milliseconds since 1970, or the name of a span such as BETWEEN_1_AND_2_DAYS_AGO.
Moment = int | float | str | None


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """A record or a part of one. Keys that are not named here are skipped."""


class Domain(Wire, gc=False, rename="camel"):
    """GET /saas/domains: one domain of a customer; a customer may have several."""

    saas_customer_id: int | str
    saas_customer_name: str | None = None
    domain: str | None = None
    product_type: str | None = None
    external_subscription_id: str | None = None
    retention_type: str | None = None


class Span(Wire, gc=False, rename="camel"):
    """What the backups of one day came to; `start_time` is the later end."""

    time_window: str | None = None
    start_time: Moment = None
    end_time: Moment = None
    active_service_count: Count = None
    active_service_with_backup_count: Count = None
    status: str | None = None


class Application(Wire, gc=False, rename="camel"):
    """A service of a tenant: all mailboxes, say."""

    app_type: str | None = None
    last_fully_protected_time: Moment = None
    used_bytes: Count = None
    backup_history: list[Span] | None = None


class Suite(Wire, gc=False, rename="camel"):
    """A tenant's subscription."""

    suite_type: str | None = None
    domain: str | None = None
    external_subscription_id: str | None = None
    app_types: list[Application] | None = None


class Applications(Wire, gc=False, rename="camel"):
    """GET /saas/{customer}/applications."""

    customer_id: int | str
    suites: list[Suite] | None = None
