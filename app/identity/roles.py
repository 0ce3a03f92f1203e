"""Who may do what, by role alone."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is to the shop. Given on the command line only, never taken from a request."""

    SHOPPER = "shopper"
    MERCHANDISER = "merchandiser"
    OWNER = "owner"


def may_run_the_desk(role: Role) -> bool:
    """Whether `role` sees the desk: the queue, the show, the records."""
    return role in (Role.MERCHANDISER, Role.OWNER)
