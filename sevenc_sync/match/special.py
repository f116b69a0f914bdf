"""Companies that are nobody's client by their name: where a system puts what belongs to no customer, as data."""

from sevenc_sync.match.names import spellings

# Folded names: lower case, no blanks, no marks.
CATCH_ALLS = frozenset(
    spelling
    for name in (
        "Archive",
        "Archived",
        "Catch All",
        "Default",
        "Default Customer",
        "Default Group",
        "Default Organization",
        "Default Site",
        "Default Tenant",
        "Deleted",
        "Deleted Devices",
        "Demo",
        "Internal",
        "Lost and Found",
        "Managed",
        "Miscellaneous",
        "New Customers",
        "No Client",
        "No Company",
        "OnDemand",
        "Orphaned",
        "Orphans",
        "Recycle Bin",
        "Sandbox",
        "Spare",
        "Spares",
        "Staging",
        "Stock",
        "Temp",
        "Test",
        "Testing",
        "To Be Deleted",
        "Unassigned",
        "Unknown",
        "Unmanaged",
        "Unsorted",
    )
    for spelling in spellings(name)
)

# What such names begin with, where a system adds its own words ("Catchall (for receiving emails)").
CATCH_ALL_BEGINNINGS = ("catchall", "recyclebin", "deleteddevices")
CATCH_ALL_ENDINGS = ("recyclebin",)


def is_catch_all(name: str) -> bool:
    """Whether a company of this name collects what belongs to nobody. It may still be a customer's real name: ask."""
    return any(
        key in CATCH_ALLS or key.startswith(CATCH_ALL_BEGINNINGS) or key.endswith(CATCH_ALL_ENDINGS)
        for key in spellings(name)
    )
