"""The calls about the address to which one's parcels go."""

from fastapi import Request
from msgspec.structs import asdict
from pydantic import BaseModel

from app.identity.address import Address, TypedAddress
from app.identity.addresses import addresses_of, forget_address, keep_address
from app.identity.asking import Asking, identity_of
from app.identity.limits import own_router
from app.identity.person import SignInRequired
from app.platform.errors import Invalid, NotFound
from app.platform.openapi import problems

router = own_router("account")


class KeptAddress(BaseModel):
    """An address as it is kept: trimmed, the country's letters large."""

    name: str
    street: str
    extra: str
    postal_code: str
    city: str
    region: str
    country: str


@router.get("/me/address", operation_id="address", responses=problems(SignInRequired, NotFound))
async def read_address(request: Request, asking: Asking) -> KeptAddress:
    """Where one's parcels go; 404 where one has given no address."""
    async with identity_of(request).engine.connect() as connection:
        found = (await addresses_of(connection, [asking.shopper_id])).get(asking.shopper_id)
    if found is None:
        raise NotFound("You have given no address.")
    return KeptAddress(**asdict(found))


@router.put("/me/address", operation_id="give_address", responses=problems(SignInRequired, Invalid))
async def write_address(typed: TypedAddress, request: Request, asking: Asking) -> KeptAddress:
    """Have the parcels of one's next orders sent there. Orders that have an address keep theirs."""
    address = Address(**typed.model_dump())
    async with identity_of(request).engine.begin() as connection:
        await keep_address(connection, asking.shopper_id, address)
    return KeptAddress(**asdict(address))


@router.delete(
    "/me/address", status_code=204, operation_id="forget_address", responses=problems(SignInRequired)
)
async def remove_address(request: Request, asking: Asking) -> None:
    """Have no address kept. Orders keep the copy that they took."""
    async with identity_of(request).engine.begin() as connection:
        await forget_address(connection, asking.shopper_id)
