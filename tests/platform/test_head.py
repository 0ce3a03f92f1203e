"""HEAD, wherever GET is."""

from tests.factories.house import API, House


async def test_head_is_answered_as_get_is_without_the_body(house: House) -> None:
    for address in ("/", "/sign-in", "/feed.atom", "/healthz", f"{API}/live", "/static/css/base.css"):
        by_get, by_head = await house.visitor.get(address), await house.visitor.head(address)
        assert by_head.status_code == by_get.status_code == 200, address
        assert by_head.content == b""
        for name in ("content-type", "content-encoding", "cache-control", "etag"):
            assert by_head.headers.get(name) == by_get.headers.get(name), (address, name)


async def test_head_finds_what_is_not_there_and_what_is_not_for_everybody(house: House) -> None:
    assert (await house.visitor.head("/nothing")).status_code == 404
    assert (await house.visitor.head(f"{API}/me")).status_code == 401
    assert (await house.visitor.head("/desk")).status_code == 303


async def test_head_changes_nothing_and_does_not_wait_for_ever(house: House) -> None:
    assert (await house.visitor.head(f"{API}/orders/x/cancellation")).status_code in (404, 405)
    assert (await house.visitor.head("/sign-out")).status_code == 405
    assert (await house.visitor.head(f"{API}/stream")).status_code == 405
