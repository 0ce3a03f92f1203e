"""Whatever letters a file is written in, its deals are read, or it says that they cannot be told."""

import codecs

import pytest

from app.inventory.imports.decoding import find_encoding
from tests.factories.imports import parse, problems, titles

HEADER = "title,price,quantity\r\n"
FRENCH = HEADER + 'Crème brûlée – « très » bonne,"4,50",5\r\nGâteau à la façon de l’été,"12,00",2\r\n'


@pytest.mark.parametrize(
    "body",
    [
        FRENCH.encode(),
        codecs.BOM_UTF8 + FRENCH.encode(),
        FRENCH.encode("utf-16"),
        codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"),
        FRENCH.encode("utf-16-le"),
        FRENCH.encode("utf-16-be"),
        FRENCH.encode("cp1252"),
        FRENCH.encode("mac_roman"),
        FRENCH.replace("\r\n", "\r").encode("mac_roman"),
    ],
)
def test_a_western_table_is_read_in_every_usual_encoding(body: bytes) -> None:
    parsed = parse(body)
    assert (parsed.wrong, titles(parsed)) == (
        [],
        ["Crème brûlée – « très » bonne", "Gâteau à la façon de l’été"],
    )


def test_latin_1_is_read() -> None:
    assert titles(parse((HEADER + "Käsekuchen mit Äpfeln,1,2\r\n").encode("latin_1"))) == [
        "Käsekuchen mit Äpfeln"
    ]


@pytest.mark.parametrize(
    ("codec", "title"),
    [
        ("cp932", "とても大きなパン焼き器です、毎朝おいしいパンが焼けます"),
        ("gb18030", "这是一个非常大的面包机，每天早上都可以烤出新鲜的面包"),
        ("cp1251", "Очень большая хлебопечка для всей семьи и каждого утра"),
    ],
)
def test_other_letters_are_read_where_it_is_sure_which_they_are(codec: str, title: str) -> None:
    text = HEADER + "".join(f"{title} {n},1,2\r\n" for n in range(20))
    assert titles(parse(text.encode(codec)))[:1] == [f"{title} 0"]


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        (b"title,price,quantity\nLo\0af,1,1\n", 2, "NUL"),
        ("title,price,quantity\nLo\0af,1,1\n".encode("utf-16"), 2, "NUL"),
        (codecs.BOM_UTF8 + b"title,price,quantity\nA,1,1\nCaf\xe9,1,1\n", 3, "is not utf-8 text"),
        (b"\x81\x8d\x8f\x90\x9d,1\n", 1, "cannot be told"),
    ],
)
def test_what_is_no_text_is_told_with_its_line(body: bytes, line: int, words: str) -> None:
    (problem,) = parse(body).wrong
    assert (problem.line, problem.field) == (line, "file")
    assert words in problem.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty; it should begin with title,"),
        (codecs.BOM_UTF8, "is empty"),
        (b"\n\r\n", "is empty"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b'{"title": "Loaf"}', "JSON"),
        (b'[{"title": "Loaf"}]', "JSON"),
        (b"PK\x03\x04" + b"\0" * 40, "workbook that cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "workbook that cannot be read"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(body: bytes, words: str) -> None:
    parsed = parse(body)
    (problem,) = parsed.wrong
    assert (parsed.format, problem.line, problem.field) == ("unknown", 1, "file")
    assert words in problem.message


def test_a_header_alone_says_that_rows_are_missing() -> None:
    assert problems(parse("title,price,quantity\n")) == [(1, "file")]


def test_plain_ascii_is_utf_8() -> None:
    assert find_encoding(b"title,price\n") == ("utf-8", 0)
