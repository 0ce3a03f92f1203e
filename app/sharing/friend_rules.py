"""What holds for friends lists: how long they get, how long an invitation lasts, and whose name goes into a mail."""

import unicodedata
from datetime import timedelta

MOST_FRIENDS = 100  # a list of people, not an audience
MOST_OPEN = 20  # invitations of one person that nobody has answered
LASTS = timedelta(days=14)
SOMEBODY = "Somebody who shops here"
LONGEST_NAME = 40  # characters


def name_for_a_stranger(name: str) -> str:
    """`name` as it may stand in a mail to somebody who asked for none; else "Somebody who shops here".

    Letters, spaces and what stands within names only: with digits, dots or slashes it could be an advertisement, and
    mail programs would make a link of it.
    """
    plain = all(unicodedata.category(c)[0] in "LM" or c in " -'’" for c in name)
    return name if plain and 0 < len(name) <= LONGEST_NAME else SOMEBODY


def in_order(one_id: int, other_id: int) -> tuple[int, int]:
    """Two people as their friendship has them, and in the order in which they are locked."""
    return (one_id, other_id) if one_id < other_id else (other_id, one_id)
