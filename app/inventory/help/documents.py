"""The shapes of what help costs, of who brought whom, and of rewards that wait, on the wire."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from app.inventory.help.cost import DealHelp, HelpSum
from app.inventory.help.reading import NamedGraph
from app.inventory.help.reviews import Review, ReviewPage
from app.payments import Money
from app.platform.clock import rfc3339
from app.sales import MoneyDocument, Order
from app.sharing.desk import Given

MAX_ID = 2**63 - 1
NOTE_LENGTH = 300


class GivenDocument(BaseModel):
    """Coupons by their state, at what they are worth. One that has expired is void."""

    model_config = ConfigDict(title="Coupons by state")

    pending: MoneyDocument
    ready: MoneyDocument
    used: MoneyDocument
    void: MoneyDocument


class HelpSumDocument(BaseModel):
    """What help cost, and what it sold: orders that are placed, paid or shipped, goods only, after discounts.

    `costs` is what coupons and the pot cost or may still cost, and what came off for friends; `percent_of_revenue`
    is that against `helped_revenue`, null where there is none. `held` and `refused` count rewards.
    """

    model_config = ConfigDict(title="Cost of help")

    currency: str = Field(examples=["USD"])
    costs: MoneyDocument
    rewards: GivenDocument
    pot: GivenDocument
    friend_discounts: MoneyDocument
    held: int = Field(examples=[2])
    refused: int = Field(examples=[1])
    helped_orders: int = Field(examples=[31])
    helped_units: int = Field(examples=[40])
    helped_revenue: MoneyDocument
    units: int = Field(description="All that was sold.", examples=[160])
    revenue: MoneyDocument
    percent_of_units: float = Field(examples=[25.0])
    percent_of_revenue: float | None = Field(examples=[5.1])


class DealHelpDocument(HelpSumDocument):
    """What help with one deal cost and sold."""

    model_config = ConfigDict(title="Cost of help with a deal")

    deal_id: int = Field(examples=[37])
    title: str = Field(examples=["The Loaf Admiral"])
    live: bool


class DealHelpList(BaseModel):
    """Deals that somebody helped, the latest first; `next` is the `after` of the next page. `in_all` is of all of them,
    on whatever page, one for each currency."""

    items: list[DealHelpDocument]
    next: int | None
    in_all: list[HelpSumDocument]


class HelperCountsDocument(BaseModel):
    """A helper whose links brought several people. `helped_on` of those have brought somebody themselves; null where
    they are too few to say. The name is for the desk only, and empty where the account is gone."""

    model_config = ConfigDict(title="Helper in counts")

    name: str = Field(examples=["Bea"])
    buyers: int = Field(examples=[12])
    units: int = Field(examples=[19])
    helped_on: int | None = Field(examples=[5])


class OthersDocument(BaseModel):
    """Helpers who brought few people each, together."""

    model_config = ConfigDict(title="Other helpers")

    helpers: int = Field(examples=[23])
    buyers: int = Field(examples=[31])
    units: int = Field(examples=[34])


class GraphDocument(BaseModel):
    """Who brought whom, in counts. No count of people is smaller than five, unless it is 0: `buyers` is null and all
    else is empty where fewer came. `hands` are people by hand: brought by somebody who came by no link, by one of
    those, and so on; in the last there are those of further hands, too, where `and_further`."""

    model_config = ConfigDict(title="Who brought whom")

    helpers: int = Field(examples=[25])
    units: int = Field(examples=[53])
    buyers: int | None = Field(examples=[43])
    helped_on: int | None = Field(examples=[9])
    named: list[HelperCountsDocument]
    others: OthersDocument
    hands: list[int] = Field(examples=[[34, 9]])
    and_further: bool


class ReviewHelper(BaseModel):
    """Whose reward it is, and what they have brought so far: units to so many buyers, and rewards refused."""

    model_config = ConfigDict(title="Helper under review")

    name: str = Field(examples=["Bea"])
    buyers: int = Field(examples=[3])
    units: int = Field(examples=[4])
    refused: int = Field(examples=[0])


class ReviewDocument(BaseModel):
    """A reward that waits for somebody. `why` is in words; `worth` what it would bring at the most, null where its deal
    brings nothing. Who bought is said by the order, `GET /staff/orders/{order_id}`."""

    model_config = ConfigDict(title="Reward under review")

    order_id: str = Field(examples=["2Kx9"])
    number: str = Field(examples=["37-12"])
    deal_id: int = Field(examples=[37])
    title: str = Field(examples=["The Loaf Admiral"])
    units: int = Field(examples=[1])
    placed_at: str = Field(examples=["2026-11-22T06:40:13.123Z"])
    why: str = Field(examples=["Helper and buyer use the same browser."])
    worth: MoneyDocument | None
    helper: ReviewHelper


class ReviewList(BaseModel):
    """Rewards that wait, the oldest first; `next` is the `after` of the next page."""

    items: list[ReviewDocument]
    next: str | None


class Decision(BaseModel):
    """What somebody of the staff decided, and why. A reward is refused with a note; one that is earned needs none."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"earns": True, "note": "Two flats, one house."}]}
    )

    earns: StrictBool
    note: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=NOTE_LENGTH, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
    ] = ""


class DecidedDocument(BaseModel):
    """How it was decided."""

    model_config = ConfigDict(title="Reward decided")

    order_id: str = Field(examples=["2Kx9"])
    number: str = Field(examples=["37-12"])
    earns: bool


def sum_document(one: HelpSum) -> dict[str, object]:
    """A sum as merchandisers see it."""

    def money(amount: int) -> dict[str, object]:
        return Money(amount, one.currency).document()

    def given(some: Given) -> dict[str, object]:
        return {name: money(getattr(some, name)) for name in ("pending", "ready", "used", "void")}

    part = one.part_of_revenue
    return {
        "currency": one.currency,
        "costs": money(one.costs),
        "rewards": given(one.cost.rewards),
        "pot": given(one.cost.pot),
        "friend_discounts": money(one.sold.friend_discounts),
        "held": one.cost.held,
        "refused": one.cost.refused,
        "helped_orders": one.sold.orders,
        "helped_units": one.sold.units,
        "helped_revenue": money(one.sold.revenue),
        "units": one.sold.all_units,
        "revenue": money(one.sold.all_revenue),
        "percent_of_units": round(one.help_share * 100, 1),
        "percent_of_revenue": None if part is None else round(part * 100, 1),
    }


def deal_help_document(one: DealHelp) -> dict[str, object]:
    """A deal's."""
    return {"deal_id": one.deal_id, "title": one.title, "live": one.is_live} | sum_document(one.sum)


def graph_document(drawn: NamedGraph) -> dict[str, object]:
    """A graph as merchandisers see it."""
    graph = drawn.graph
    return {
        "helpers": graph.helpers,
        "units": graph.units,
        "buyers": graph.buyers,
        "helped_on": graph.helped_on,
        "named": [
            {
                "name": drawn.names.get(one.helper_id, ""),
                "buyers": one.buyers,
                "units": one.units,
                "helped_on": one.helped_on,
            }
            for one in graph.named
        ],
        "others": {"helpers": graph.others, "buyers": graph.other_buyers, "units": graph.other_units},
        "hands": list(graph.hands),
        "and_further": graph.is_open,
    }


def review_list_document(page: ReviewPage) -> dict[str, object]:
    """A page of the review queue."""
    return {"items": [_review(one) for one in page.items], "next": page.next}


def _review(one: Review) -> dict[str, object]:
    return {
        "order_id": one.held.order_id,
        "number": one.order.number,
        "deal_id": one.held.deal_id,
        "title": one.order.title,
        "units": one.held.units,
        "placed_at": rfc3339(one.held.placed_at),
        "why": one.held.why,
        "worth": None if one.held.worth is None else one.held.worth.document(),
        "helper": {
            "name": one.helper,
            "buyers": one.so_far.buyers,
            "units": one.so_far.units,
            "refused": one.so_far.refused,
        },
    }


def decided_document(order: Order, *, earns: bool) -> dict[str, object]:
    """What was decided."""
    return {"order_id": order.id, "number": order.number, "earns": earns}
