"""What a load balancer is told."""

from tests.factories.house import House


async def test_a_process_whose_pages_cannot_be_loaded_is_not_ready(house: House) -> None:
    pages, _ = house.app.state.later
    assert (await house.visitor.get("/readyz")).json()["checks"]["pages"] == "ok"
    pages.are_broken = True
    answer = await house.visitor.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["pages"]) == (503, "Unavailable: not ready")
