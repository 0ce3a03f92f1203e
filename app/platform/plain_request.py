"""The header fields of a plain request, read without a parser: for ways in on which a whole crowd comes at once.

It knows less than a parser on purpose. What is unusual in any way is not plain, and is left to the server's own.
"""

import re

FIELDS = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+")
UNUSUAL = frozenset((b"transfer-encoding", b"expect", b"upgrade"))


def plain_fields(data: bytes, start: int, end: int) -> dict[bytes, bytes] | None:
    """The fields between `start`, behind the request line, and `end`, where the empty line begins, by lower-case name.

    None where one is malformed, folded or there twice, or asks for something unusual.
    """
    if not FIELDS.fullmatch(data, start, end + 2):
        return None
    fields: dict[bytes, bytes] = {}
    for line in data[start:end].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in fields:
            return None
        fields[name] = value.strip(b" \t")
    return fields if UNUSUAL.isdisjoint(fields) else None
