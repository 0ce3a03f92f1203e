"""Our own columns: what is good is read, and all that is wrong is found at once."""

# ruff: noqa: E501 - a table's rows are easier to read whole
import pytest

from app.inventory.imports import COLUMNS, WHAT_IS_WRONG, Wrong
from app.inventory.imports.sheet import MAX_FIELD
from tests.factories.imports import parse, problems, titles

HEADER = "title,price,quantity\n"


def test_a_full_row_becomes_a_deal_with_its_photo() -> None:
    parsed = parse(
        "title,tagline,story,price,list_price,quantity,limit,photo,photo_alt,condition,category,currency,shipping,"
        "stock_display,max_minutes,not_before\n"
        'Loaf,Fresh,"Once, a *story*","1,299.99",$1500,60,3,loaf.jpg,A loaf,Used,Bread,usd,5,exact,30,2026-11-27 06:00\n'
        "Crumb,,,0.5,,1,,,,,,,,,,\n"
    )
    assert (parsed.format, parsed.rows, parsed.wrong) == ("simple-csv", 2, [])
    loaf, crumb = parsed.good
    assert (loaf.line, loaf.photo, loaf.alt) == (2, "loaf.jpg", "A loaf")
    assert (loaf.deal.title, loaf.deal.tagline, loaf.deal.story) == ("Loaf", "Fresh", "Once, a *story*")
    assert (loaf.deal.price, loaf.deal.list_price, loaf.deal.quantity, loaf.deal.limit) == (
        129999,
        150000,
        60,
        3,
    )
    assert (loaf.deal.condition, loaf.deal.category, loaf.deal.currency) == ("Used", "Bread", "USD")
    assert (loaf.deal.shipping, loaf.deal.stock_display, loaf.deal.max_minutes) == (500, "exact", 30)
    assert loaf.deal.not_before is not None
    assert loaf.deal.not_before.isoformat() == "2026-11-27T06:00:00-06:00", "by the shop's clocks"
    assert (crumb.photo, crumb.alt) == ("", "Crumb")
    assert (crumb.deal.price, crumb.deal.list_price, crumb.deal.limit) == (50, None, 3)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_known_by_itself(mark: str) -> None:
    text = '"title",price,quantity\n"Loaf, sliced; fresh",1.50,5\n'
    text = text.replace('"title",price,quantity', mark.join(["title", "price", "quantity"]))
    text = text.replace('",1.50,5', f'"{mark}1.50{mark}5')
    parsed = parse(text)
    assert (parsed.wrong, titles(parsed)) == ([], ["Loaf, sliced; fresh"])


def test_excel_may_name_the_delimiter_itself() -> None:
    parsed = parse("sep=;\r\ntitle;price;quantity\r\nLoaf;1,50;5\r\n;x;\r\n")
    assert [(row.line, row.deal.title, row.deal.price) for row in parsed.good] == [(3, "Loaf", 150)]
    assert {line for line, _ in problems(parsed)} == {4}


def test_headers_in_other_letters_with_blanks_and_other_names_are_known() -> None:
    parsed = parse("\ufeff Product Name , LIST-PRICE,Price ,Qty, ,\nLoaf,2,1,5,,\n")
    assert parsed.wrong == [] or all("no such column" in p.message for p in parsed.wrong)
    assert [(row.deal.title, row.deal.list_price, row.deal.quantity) for row in parsed.good] == [
        ("Loaf", 200, 5)
    ]


def test_a_title_above_the_header_does_no_harm() -> None:
    parsed = parse(f"Our winter deals,,\n\n{HEADER}Loaf,1,5\n")
    assert [(row.line, row.deal.title) for row in parsed.good] == [(4, "Loaf")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_number_is_where_the_row_begins_even_behind_quoted_newlines(end: str) -> None:
    text = end.join(
        ["title,story,price,quantity", 'A,"one', "", 'two",1,1', 'B,"x', 'y",oops,1', "C,,1,none"]
    )
    assert problems(parse(text)) == [(5, "price"), (7, "quantity")]
    assert [row.line for row in parse(text).good] == [2]


def test_an_unknown_column_is_told_and_the_rows_stay_good() -> None:
    parsed = parse("title,price,shiping,quantity\nLoaf,1,2,3\n")
    assert problems(parsed) == [(1, "shiping")]
    assert "no such column, so it is left out; there are title, tagline" in parsed.wrong[0].message
    assert titles(parsed) == ["Loaf"]


def test_a_column_that_is_there_twice_stops_everything() -> None:
    parsed = parse("title,price,title,quantity\nLoaf,1,2,3\n")
    assert (parsed.good, problems(parsed)) == ([], [(1, "title")])


def test_a_file_without_prices_or_quantities_says_so() -> None:
    assert problems(parse("title,quantity\nLoaf,3\n")) == [(1, "price"), (2, "price")]
    assert problems(parse("title,price\nLoaf,3\n")) == [(2, "quantity")]
    assert parse("title,price\nLoaf,3\n", quantity=9).good[0].deal.quantity == 9


def test_everything_that_is_wrong_in_a_row_is_found_at_once_and_good_rows_stay_good() -> None:
    text = (
        "title,price,list_price,quantity,limit,not_before,currency\n"
        ",free,12.999,0,-1,soon,ZZZ\n"
        "Loaf,1.00,,1,,,\n"
        f"{'x' * 121},-5,,1000001,101,,\n"
        "two\tlines,,,1.5,٣,,\n"
        "Short,1.00\n"
    )
    parsed = parse(text)
    assert sorted(problems(parsed)) == [
        (2, "currency"), (2, "limit"), (2, "list_price"), (2, "not_before"), (2, "price"), (2, "quantity"), (2, "title"),
        (4, "limit"), (4, "price"), (4, "quantity"), (4, "title"),
        (5, "limit"), (5, "price"), (5, "quantity"), (5, "title"),
        (6, "row"),
    ]  # fmt: skip
    assert (parsed.rows, titles(parsed)) == (5, ["Loaf"])
    said = {(p.line, p.field): p.message for p in parsed.wrong}
    assert said[4, "price"] == "not an amount in USD, such as 49.99"
    assert said[2, "quantity"] == "there is nothing to sell; it must be a whole number, 1 or more"
    assert said[4, "title"] == "should have at most 120 characters, and has 121"
    assert said[5, "quantity"] == "not a whole number, such as 40"
    assert said[6, "row"].startswith("has 2 fields, but the first line names 7")


def test_a_bad_row_is_kept_as_it_was_written() -> None:
    (bad,) = parse(f"{HEADER}Loaf,free,5\n").bad
    assert (bad.line, bad.texts["title"], bad.texts["price"], bad.texts["story"]) == (2, "Loaf", "free", "")


def test_a_row_that_was_mended_counts_as_it_is_now() -> None:
    parsed = parse(f"{HEADER}Loaf,free,5\nCrumb,1,x\n", mended={2: {"price": "1.25"}})
    assert [(row.line, row.deal.price) for row in parsed.good] == [(2, 125)]
    assert problems(parsed) == [(3, "quantity")]


def test_our_own_file_of_bad_rows_is_read_back_without_its_marks() -> None:
    parsed = parse(f"title,price,quantity,{WHAT_IS_WRONG}\n'=Loaf,1,5,line 2: x\n'tis,1,5,\n")
    assert (titles(parsed), parsed.wrong) == (["=Loaf", "'tis"], [])


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(A1)", "@SUM(A1)", "+1-800", "-2"])
def test_what_looks_like_a_formula_stays_text(text: str) -> None:
    assert titles(parse(f"{HEADER}{text},1.00,1\n")) == [text]


def test_amounts_of_a_file_decide_together_what_its_marks_mean() -> None:
    assert [row.deal.price for row in parse(f'{HEADER}A,"1,50",1\nB,1.299,1\n').good] == [150, 129900]
    (problem,) = parse(f"{HEADER}B,1.299,1\n").wrong
    assert problem.message == "can be read as 1299 and as 1.299; write 1299.00 or 1.29"


def test_amounts_are_read_in_the_shops_currency() -> None:
    assert parse(f"{HEADER}Loaf,1500,1\n", currency="JPY").good[0].deal.price == 1500
    (problem,) = parse(f"{HEADER}Loaf,15.00,1\n", currency="JPY").wrong
    assert problem == Wrong(2, "price", "not an amount in JPY, such as 50")


@pytest.mark.parametrize("broken", ['"Loaf"x,1,1', 'A,"b"c,1'])
def test_broken_quotes_spoil_one_row(broken: str) -> None:
    parsed = parse(f"{HEADER}Good,1,1\n{broken}\nC,1,1\n")
    assert ([row.line for row in parsed.good], problems(parsed)) == ([2, 4], [(3, "row")])
    assert "a quote inside is written twice" in parsed.wrong[0].message


def test_a_quote_that_is_never_closed_ends_the_reading_where_it_begins() -> None:
    parsed = parse(f'{HEADER}Good,1,1\n"Loaf,1,1\nC,1,1\n')
    assert ([row.line for row in parsed.good], problems(parsed)) == ([2], [(3, "row")])
    assert "never closed" in parsed.wrong[0].message


def test_quotes_in_tab_separated_files_may_stand_for_themselves() -> None:
    parsed = parse('title\tprice\tquantity\n"Best" lamp\t1\t5\n5" screw\t1\t5\n')
    assert (titles(parsed), parsed.wrong) == (['"Best" lamp', '5" screw'], [])


def test_a_huge_field_is_refused_for_its_length() -> None:
    (problem,) = parse(f"{HEADER}{'x' * (MAX_FIELD + 1)},1,1\n").wrong
    assert (problem.line, problem.field) == (2, "row")
    assert str(MAX_FIELD) in problem.message
    assert problems(parse(f"title,price,quantity,story\nLoaf,1,1,{'x' * 20_001}\n")) == [(2, "story")]


def test_ten_thousand_rows_are_read_and_every_tenth_that_is_wrong_is_found() -> None:
    rows = [f"Loaf {n},{'oops' if n % 10 == 0 else '1.00'},1" for n in range(10_000)]
    parsed = parse(HEADER + "\n".join(rows))
    assert (parsed.rows, len(parsed.good), len(parsed.wrong)) == (10_000, 9_000, 1_000)
    assert [problem.line for problem in parsed.wrong] == list(range(2, 10_002, 10))


def test_the_same_row_has_the_same_digest_in_another_file_and_another_one_another() -> None:
    (first,) = parse(f"{HEADER}Loaf,1.00,5\n").good
    (again,) = parse("quantity;title;price\n\n5; Loaf;$1\n").good
    (other,) = parse(f"{HEADER}Loaf,1.01,5\n").good
    assert first.digest == again.digest != other.digest
    twice = parse(f"{HEADER}Loaf,1,5\nLoaf,1,5\n").good
    assert len({row.digest for row in twice}) == 2


def test_all_columns_have_a_place_in_a_deal() -> None:
    from app.inventory.deal import NewDeal

    assert set(COLUMNS) - {"photo", "photo_alt"} == set(NewDeal.model_fields)
