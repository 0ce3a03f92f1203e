"""Who helped whom, and who helped only themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from app.identity import Address
from app.sharing.self_dealing import Circumstances, Earns, Held, Judgement, Known, Refused, judge_help

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
MILL = Address("Ada Lovelace", "12 Mill Lane", "Flat 3", "60601", "Chicago", "IL", "US")
DOCK = replace(MILL, name="Bob Byte", street="9 Dock Road")
ADA = Known(1, "ada.l@gmail.com", frozenset({"card-a"}), MILL)
BOB = Known(2, "bob.byte@shop.example", frozenset({"card-b"}), DOCK)
AT = Circumstances(NOW)


def test_two_people_of_whom_nothing_is_the_same_have_helped_each_other() -> None:
    assert judge_help(ADA, BOB, AT) == Earns()


@pytest.mark.parametrize(
    ("buyer", "came", "found"),
    [
        (replace(BOB, shopper_id=1), AT, Refused(("account",))),
        (replace(BOB, email="ADA.L@gmail.com"), AT, Refused(("mailbox",))),
        (replace(BOB, email="a.d.a.l+bread@googlemail.com"), AT, Refused(("mailbox",))),
        (replace(BOB, cards=frozenset({"card-a", "card-c"})), AT, Refused(("card",))),
        (BOB, replace(AT, claimed_at=NOW + timedelta(seconds=1)), Refused(("claimed-late",))),
        (BOB, replace(AT, claimed_at=NOW), Earns()),
        (BOB, replace(AT, same_browser=True), Held("device")),
        (replace(BOB, address=MILL), AT, Held("address")),
        (replace(BOB, address=replace(MILL, street="12, MILL lane")), AT, Held("address")),
        (replace(BOB, address=replace(MILL, extra="Flat 4")), AT, Earns()),
        (BOB, replace(AT, is_circle=True), Held("circle")),
        (replace(BOB, address=MILL), replace(AT, same_browser=True), Refused(("device", "address"))),
        (replace(BOB, email=None, address=None), AT, Held("buyer-gone")),
        (BOB, replace(AT, sent_to=MILL), Held("address")),
        (BOB, replace(AT, sent_to=DOCK), Earns()),
    ],
)
def test_what_is_certain_refuses_one_doubt_holds_and_two_refuse(
    buyer: Known, came: Circumstances, found: Judgement
) -> None:
    assert judge_help(ADA, buyer, came) == found


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("Bob.Byte@shop.example", "bob.byte+twice@SHOP.example", Refused(("mailbox",))),
        ("bob.byte@shop.example", "bobbyte@shop.example", Held("alike-mailbox")),
        ("bob@shop.example", "bob@shop.test", Earns()),
    ],
)
def test_dots_are_certain_only_where_they_mean_nothing(one: str, other: str, found: Judgement) -> None:
    assert judge_help(replace(ADA, email=one), replace(BOB, email=other), AT) == found


def test_a_helper_who_has_left_earns_nothing_any_more() -> None:
    assert judge_help(replace(ADA, email=None), BOB, AT) == Refused(("gone",))


def test_two_who_have_given_no_address_and_no_card_share_neither() -> None:
    bare = (replace(ADA, address=None, cards=frozenset()), replace(BOB, address=None, cards=frozenset()))
    assert judge_help(*bare, AT) == Earns()
