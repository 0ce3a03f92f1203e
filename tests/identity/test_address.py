"""What passes for an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.identity import Address, clean_address, countries

TYPED = {
    "name": "Ada Lovelace",
    "street": "12 Mill Lane",
    "extra": "",
    "postal_code": "60601",
    "city": "Chicago",
    "region": "IL",
    "country": "US",
}


def wrong(**changes: str) -> list[str]:
    """The fields that are named."""
    with pytest.raises(ValidationError) as error:
        clean_address(TYPED | changes)
    return [".".join(map(str, one["loc"])) for one in error.value.errors()]


def test_an_address_is_trimmed_and_kept_in_one_spelling() -> None:
    typed = TYPED | {"name": "  Zoe\u0308   Doe ", "country": "us", "postal_code": " 60601-a "}
    address = clean_address(typed)
    assert (address.name, address.country, address.postal_code) == ("Zoë Doe", "US", "60601-A")


def test_an_address_reads_as_on_a_label() -> None:
    assert clean_address(TYPED | {"extra": "Flat 3"}).lines() == (
        "Ada Lovelace",
        "12 Mill Lane",
        "Flat 3",
        "Chicago IL 60601",
        "United States",
    )


@pytest.mark.parametrize("field", ["name", "street", "city", "country"])
@pytest.mark.parametrize("text", ["", "   ", "-", "\u200b"])
def test_what_a_parcel_needs_is_named_where_it_is_missing(field: str, text: str) -> None:
    assert wrong(**{field: text}) == [field]


@pytest.mark.parametrize(
    "text", ["a\0b", "a\nb", "a\rb", "a\u2028b", "a\u202eb", "a\u200fb", "a\x85b", "a\x1b[1m"]
)
@pytest.mark.parametrize("field", ["name", "street", "extra", "postal_code", "city", "region"])
def test_nothing_that_breaks_a_label_is_in_a_line(field: str, text: str) -> None:
    assert wrong(**{field: text}) == [field]


def test_lines_have_an_end() -> None:
    assert wrong(street="x" * 101) == ["street"]
    assert wrong(postal_code="1" * 17) == ["postal_code"]
    assert clean_address(TYPED | {"street": "x" * 100}).street == "x" * 100


@pytest.mark.parametrize("country", ["USA", "XX", "UK", "ZZ", "EU", "U", "U\0", "United States"])
def test_a_country_is_one_of_iso_3166(country: str) -> None:
    assert wrong(country=country) == ["country"]


def test_there_are_as_many_countries_as_iso_has_by_their_english_names() -> None:
    assert len(countries()) == 249
    assert list(countries().values())[:3] == ["Afghanistan", "Åland Islands", "Albania"]


@pytest.mark.parametrize("missing", ["region", "postal_code"])
def test_where_no_parcel_arrives_without_them_a_state_and_a_postal_code_are_asked_for(missing: str) -> None:
    assert wrong(**{missing: ""}) == [""]
    assert clean_address(TYPED | {missing: "", "country": "IE"}).country == "IE"


def test_there_is_nothing_but_an_address_in_one() -> None:
    assert wrong(shopper_id="1") == ["shopper_id"]
    assert wrong(order_id="o") == ["order_id"]


@given(st.fixed_dictionaries({field: st.text(max_size=120) for field in TYPED}))
def test_whatever_is_typed_is_an_address_or_a_named_mistake(typed: dict[str, str]) -> None:
    try:
        address = clean_address(typed)
    except ValidationError:
        return
    assert isinstance(address, Address)
    assert all("\0" not in line and "\n" not in line for line in address.lines())
    assert clean_address({field: getattr(address, field) for field in TYPED}) == address, "clean already"
