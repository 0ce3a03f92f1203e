"""Giving money back at the desk, which asks once more; and sending an order's mails again."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.admin.order_screens import HERE, page_of_order
from app.admin.order_views import order_view
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.identity import Person
from app.inventory.desk import (
    JustSent,
    NewRefund,
    NothingToSend,
    RefundMoved,
    StoryAtDesk,
    by_person,
    clock_of,
    engine_of,
    read_story_at_desk,
    refund_order,
    send_again,
    settlement_of,
    site_words,
)
from app.payments import Money, NotAnAmount, parse_money
from app.platform.settings import settings_of
from app.sales.desk import NotRefundable

router = APIRouter(prefix="/desk", route_class=DeskRoute)

OrderId = Annotated[str, Path(min_length=1, max_length=64)]
MOST = 2**53
DONE: dict[str, str] = {"receipt": "receipt", "shipped": "mail"}


@router.get("/orders/{order_id}/refund")
async def ask_before_a_refund(
    request: Request,
    person: Merchandiser,
    order_id: OrderId,
    amount: Annotated[str, Query(max_length=30)] = "",
    why: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Say how much would go back, and to whom."""
    async with engine_of(request).connect() as connection:
        told = await read_story_at_desk(connection, order_id, clock_of(request).now())
    try:
        part, wanted = _read(told, amount, why)
    except ValueError as error:
        return await _refused(request, person, order_id, str(error), 422, amount, why)
    return await screen(
        request,
        person,
        "order_refund.html",
        here=HERE,
        view=order_view(told, settings_of(request).zone),
        amount=str(part),
        minor="" if part == told.refundable and not amount.strip() else str(part.amount),
        why=wanted.why,
    )


def _read(told: StoryAtDesk, amount: str, why: str) -> tuple[Money, NewRefund]:
    """How much goes back, and what else was said. Raises ValueError with words for people."""
    left = told.refundable
    if not left.amount:
        raise ValueError("There is nothing left to give back.")
    try:
        part = parse_money(amount, left.currency) if amount.strip() else left
    except NotAnAmount as error:
        raise ValueError(f"Amount: {error}.") from None
    if not 0 < part.amount <= left.amount:
        raise ValueError(f"Amount: more than nothing, and at most {left}.")
    try:
        return part, NewRefund.model_validate({"amount": part.amount, "why": why})
    except ValidationError:
        raise ValueError("The reason is one line of at most 200 characters.") from None


@router.post("/orders/{order_id}/refund")
async def give_back(
    request: Request,
    person: Merchandiser,
    order_id: OrderId,
    refunded: Annotated[int, Form(ge=0, le=MOST)],
    minor: Annotated[str, Form(max_length=20, pattern=r"^\d*$")] = "",
    why: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Give it back. `refunded` is what had been given back when it was asked for, so that two people do it once."""
    try:
        wanted = NewRefund.model_validate({"amount": int(minor) if minor else None, "why": why})
    except ValidationError:
        words = "That was no amount and no reason. Nothing was given back."
        return await _refused(request, person, order_id, words, 422, "", why)
    try:
        async with engine_of(request).begin() as connection:
            await refund_order(
                connection,
                order_id,
                wanted.amount,
                wanted.why,
                seen=refunded,
                who=by_person(person),
                now=clock_of(request).now(),
            )
    except (NotRefundable, RefundMoved) as refused:
        words = f"Nothing was given back now. {refused.detail or refused.title}"
        return await _refused(request, person, order_id, words, refused.status, "", why)
    settlement_of(request).wake()
    return RedirectResponse(f"{HERE}/{order_id}?done=refund", 303)


async def _refused(
    request: Request, person: Person, order_id: str, words: str, answer: int, amount: str, why: str
) -> Response:
    typed = {"amount": amount, "why": why}
    return await page_of_order(request, person, order_id, problem=words, typed=typed, answer=answer)


@router.post("/orders/{order_id}/mails")
async def mail_again(
    request: Request,
    person: Merchandiser,
    order_id: OrderId,
    mail: Annotated[Literal["receipt", "shipped"], Form()],
) -> Response:
    """Send a mail once more."""
    who, now = by_person(person), clock_of(request).now()
    try:
        async with engine_of(request).begin() as connection:
            await send_again(connection, order_id, mail, site_words(request), who=who, now=now)
    except (NothingToSend, JustSent) as refused:
        words = refused.detail or refused.title
        return await page_of_order(request, person, order_id, problem=words, answer=refused.status)
    return RedirectResponse(f"{HERE}/{order_id}?done={DONE[mail]}", 303)
