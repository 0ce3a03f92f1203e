"""A file of tracking numbers: what is read of it, and what is said of its bad lines."""

import pytest

from app.inventory.orders.parcels import NotAParcel, Parcel, read_parcel
from app.inventory.orders.tracking_file import MAX_ROWS, TrackingFile, read_tracking_file

HEAD = "order number,tracking\n"


def read(text: str, carrier: str = "UPS") -> TrackingFile:
    return read_tracking_file(text.encode(), carrier)


def said(found: TrackingFile) -> list[tuple[int, str, str]]:
    return [(wrong.line, wrong.field, wrong.message) for wrong in found.wrong]


def named(found: TrackingFile) -> list[tuple[int, str, Parcel]]:
    return [(line.line, line.named, line.parcel) for line in found.lines]


@pytest.mark.parametrize(
    "body",
    [
        b"number,tracking\n37-3,1Z9\n",
        b"\xef\xbb\xbfnumber;tracking\r\n37-3;1Z9\r\n",
        b"\xef\xbb\xbfsep=;\r\nnumber;tracking\r\n37-3;1Z9\r\n",
        b"Tracking Number\tOrder No.\n1Z9\t#37-3\n",
        "number,tracking\n37-3,1Z9\n".encode("utf-16"),
        b'"number","carrier","tracking"\n" 37 - 3 ","","1Z9"',
        "number;tracking;note\n37–3;1Z9;für Bea\n".encode("cp1252"),
    ],
)
def test_marks_delimiters_and_letters_are_told_apart(body: bytes) -> None:
    found = read_tracking_file(body, "UPS")
    assert ([line.parcel for line in found.lines], said(found)) == ([Parcel("UPS", "1Z9")], [])
    assert found.lines[0].number == "37-3"


def test_the_id_names_the_order_where_a_spreadsheet_has_spoilt_the_number() -> None:
    found = read("order_id,number,carrier,tracking\n'-abc,3. Jul,DHL,00340\n")
    (line,) = found.lines
    assert (line.order_id, line.parcel) == ("-abc", Parcel("DHL", "00340"))


def test_bad_lines_are_told_and_the_others_are_read() -> None:
    found = read(
        HEAD + "37-1,1Z1\n,1Z2\n3-Jul,1Z3\nbanana,1Z4\n37-1,1Z5\n37-6,9.4E+21\n37-7,a,b\n37-8,\n37-9,1Z9\n"
    )
    assert [name for _, name, _ in named(found)] == ["37-1", "37-9"]
    assert (found.rows, found.left) == (9, 1)
    assert [(line, field) for line, field, _ in said(found)] == [
        (3, "number"),
        (4, "number"),
        (5, "number"),
        (6, "number"),
        (7, "tracking"),
        (8, "row"),
    ]
    words = [message for _, _, message in said(found)]
    assert "no order is named" in words[0]
    assert "has made a date of this order number" in words[1]
    assert words[2] == "not an order number, such as 37-3"
    assert words[3] == "37-1 stands on line 2 already"
    assert "has rounded this number" in words[4]


def test_a_line_has_its_own_carrier_or_the_files() -> None:
    text = "number,carrier,tracking\n37-1,DHL,1\n37-2,,2\n37-3,DHL,\n"
    assert [parcel for _, _, parcel in named(read(text))] == [
        Parcel("DHL", "1"),
        Parcel("UPS", "2"),
        Parcel("DHL", ""),
    ]
    assert said(read(text, carrier="")) == [(3, "carrier", "say who carries it, such as UPS")]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "is a workbook"),
        (b"number,place\n37-1,2\n", "has no columns number and tracking"),
        (b"number,tracking,order\n37-1,2,37-1\n", "has two columns for number"),
        (b"number,tracking\n", "no rows behind it"),
        (b"number,tracking\n37-1,\0\n", "NUL"),
        (b"number,tracking\n" + b"37-1,x\n" * (MAX_ROWS + 1), "has more than 5,000 rows"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(body: bytes, words: str) -> None:
    found = read_tracking_file(body)
    assert found.lines == []
    assert [field for _, field, _ in said(found)] == ["file"]
    assert words in found.wrong[0].message


@pytest.mark.parametrize(
    ("carrier", "tracking", "field"),
    [
        ("", "1", "carrier"),
        ("U" * 61, "1", "carrier"),
        ("UPS", "1\r\n2", "tracking"),
        ("UPS", "1" * 101, "tracking"),
    ],
)
def test_what_can_not_stand_on_a_parcel_is_refused(carrier: str, tracking: str, field: str) -> None:
    with pytest.raises(NotAParcel) as refused:
        read_parcel(carrier, tracking)
    assert refused.value.field == field
