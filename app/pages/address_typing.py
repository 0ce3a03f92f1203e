"""Addresses as forms send them, and as forms show them: on the account's page and on an order's."""

from typing import Annotated

from fastapi import Depends, Form, Request
from pydantic import ValidationError

from app.identity import Address, SignedIn, addresses_of, clean_address, identity_of, person_asking
from app.pages.form_views import AddressForm, address_form, wrong_fields

Text = Annotated[str, Form()]


async def typed_lines(
    name: Text = "",
    street: Text = "",
    extra: Text = "",
    postal_code: Text = "",
    city: Text = "",
    region: Text = "",
    country: Text = "",
) -> dict[str, str]:
    """Dependency: the fields of the form, and no others."""
    lines = {"name": name, "street": street, "extra": extra, "city": city, "region": region}
    return lines | {"postal_code": postal_code, "country": country}


Lines = Annotated[dict[str, str], Depends(typed_lines)]


def address_or_form(lines: dict[str, str], action: str, button: str) -> Address | AddressForm:
    """The address that was typed; or the form again, which says what is wrong."""
    try:
        return clean_address(lines)
    except ValidationError as error:
        wrong = wrong_fields(error)
        typed = {name: line[:300] for name, line in lines.items()}
        return AddressForm(action, button, typed, wrong, wrong.get("", ""))


async def blank_form(
    request: Request, asking: SignedIn, action: str, button: str, holding: Address | None = None
) -> AddressForm:
    """A form that holds this address, else the one which is kept, else the shopper's name."""
    person = await person_asking(request, asking)
    return address_form(action, button, holding or await kept_address(request, person.id), person.name)


async def kept_address(request: Request, shopper_id: int) -> Address | None:
    """Where this shopper's parcels go, as far as we know."""
    async with identity_of(request).engine.connect() as connection:
        return (await addresses_of(connection, [shopper_id])).get(shopper_id)
