"""One's own coupons over HTTP."""

from app.platform.clock import rfc3339
from tests.factories.house import House
from tests.factories.sharing import coupon

COUPONS = "/api/v1/coupons"


async def test_a_shopper_sees_their_own_coupons_newest_first_page_by_page(house: House) -> None:
    engine, clock = house.app.state.engine, house.app.state.clock
    ada = (await house.shopper.get("/api/v1/me")).json()["id"]
    mia = (await house.merchandiser.get("/api/v1/me")).json()["id"]
    for code, days in (("OLD", 1), ("NEWER", 30), ("NEWEST", 30)):
        await coupon(engine, ada, clock.now(), code=code, days=days)
        clock.advance(60)
    await coupon(engine, mia, clock.now(), code="HERS")
    first = (await house.shopper.get(COUPONS, params={"limit": 2})).json()
    assert [one["code"] for one in first["items"]] == ["NEWEST", "NEWER"]
    assert first["items"][0] | {"expires_at": ""} == {
        "code": "NEWEST",
        "amount": {"amount": 500, "currency": "USD", "text": "$5.00"},
        "state": "ready",
        "why": "helped to sell one",
        "expires_at": "",
    }
    rest = (await house.shopper.get(COUPONS, params={"after": first["next"]})).json()
    assert ([one["code"] for one in rest["items"]], rest["next"]) == (["OLD"], None)
    assert rest["items"][0]["expires_at"] > rfc3339(clock.now())
    others = (await house.shopper.get(COUPONS, params={"after": "HERS"})).json()
    assert others == {"items": [], "next": None}


async def test_one_that_has_expired_is_shown_as_void(house: House) -> None:
    engine, clock = house.app.state.engine, house.app.state.clock
    ada = (await house.shopper.get("/api/v1/me")).json()["id"]
    await coupon(engine, ada, clock.now(), days=1)
    clock.advance(24 * 3600)
    assert (await house.shopper.get(COUPONS)).json()["items"][0]["state"] == "void"


async def test_only_somebody_who_is_signed_in_has_coupons(house: House) -> None:
    assert (await house.visitor.get(COUPONS)).status_code == 401
    assert (await house.shopper.get(COUPONS, params={"after": "\0"})).json()["items"] == []
