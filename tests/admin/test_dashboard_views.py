"""What the dashboard says."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.admin.dashboard_views import DashboardView, dashboard_view
from app.inventory.desk import CurveDocument, DashboardDocument

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # noon in Chicago
CHICAGO = ZoneInfo("America/Chicago")
PRICE = {"amount": 4999, "currency": "USD", "text": "$49.99"}


def ago(**some: float) -> datetime:
    return NOW - timedelta(**some)


def ahead(**some: float) -> datetime:
    return NOW + timedelta(**some)


def stage(**chosen: Any) -> dict[str, Any]:
    """The Crumb Baron, selling well."""
    return {
        "id": 37,
        "title": "The Crumb Baron",
        "price": PRICE,
        "started_at": ago(minutes=62),
        "ends_at": None,
        "sold": 163,
        "loaded": 600,
        "orders": 140,
        "per_minute": 23.0,
        "quickest_seconds": 0.8,
        "sells_out_in_seconds": 1140,
        "predicted_sold_out_at": ahead(seconds=1140),
        "sold_out_at": None,
        "refused": {},
    } | chosen


def curve(**chosen: Any) -> CurveDocument:
    """Two minutes of it."""
    return CurveDocument.model_validate(
        {
            "deal_id": 37,
            "bucket_seconds": 60,
            "age": [0, 60, 120],
            "velocity": [None, 31.0, 4.5],
            "median_velocity": [None, 40.0, 35.25],
            "sell_through": [0.0, 5.17, 27.2],
            "median_sell_through": [0.0, 8.0, 16.0],
            "of_deals": 12,
            "predicted_sold_out_at": None,
        }
        | chosen
    )


def view(curve: CurveDocument | None = None, **chosen: Any) -> DashboardView:
    """The dashboard with what was chosen."""
    shown = {
        "at": NOW,
        "mode": "woot-off",
        "phase": "live",
        "started": True,
        "paused": False,
        "next_at": None,
        "watching": 1313,
        "deal": stage(),
        "help": {"helpers": 0, "units": 0, "most": []},
        "next": [],
        "queued": 0,
    } | chosen
    document = DashboardDocument.model_validate(shown)
    return dashboard_view(document, curve, zone=CHICAGO, event_name="Woot-Off")


def numbers(shown: DashboardView) -> dict[str, tuple[str, str]]:
    return {number.name: (number.value, number.label) for number in shown.numbers}


def test_a_deal_that_sells_is_said_in_six_numbers() -> None:
    shown = view()
    assert shown.heading == "Deal 37: The Crumb Baron"
    assert numbers(shown) == {
        "sold": ("163", "sold of 600"),
        "pace": ("23", "a minute, now"),
        "gone": ("19 min", "gone at this pace, at 12:19"),
        "refused": ("0", "refused"),
        "watching": ("1,313", "watching"),
        "helped": ("0", "sold with help"),
    }
    assert shown.notes == ("$49.99, opened at 10:58, 1 h 2 min ago.",)
    assert shown.said == ("Live. 163 sold of 600, 23 a minute, now, 19 min gone at this pace, at 12:19")


def test_a_deal_that_ends_before_it_is_gone_says_what_will_be_over() -> None:
    shown = view(deal=stage(ends_at=ahead(seconds=570)))
    assert numbers(shown)["gone"] == ("218 over", "when it ends, at 12:09, at this pace")


def test_a_deal_that_should_have_ended_just_before_its_last_unit_goes_is_still_said_in_numbers() -> None:
    late = stage(sold=599, ends_at=ago(seconds=0.2), sells_out_in_seconds=0, predicted_sold_out_at=NOW)
    assert numbers(view(deal=late))["gone"][0] == "1 over"


@pytest.mark.parametrize(
    ("phase", "label"),
    [
        ("live", "no forecast: nothing sold for 5 minutes"),
        ("paused", "no forecast while nobody can buy"),
    ],
)
def test_where_nothing_sells_there_is_no_forecast(phase: str, label: str) -> None:
    shown = view(phase=phase, deal=stage(sells_out_in_seconds=None, predicted_sold_out_at=None))
    assert numbers(shown)["gone"] == ("–", label)


def test_a_sold_out_daily_deal_says_how_long_it_took_and_when_the_next_one_comes() -> None:
    gone = stage(sold=600, sold_out_at=ago(minutes=2), sells_out_in_seconds=None, predicted_sold_out_at=None)
    shown = view(mode="daily", phase="sold-out", next_at=ahead(hours=12), deal=gone)
    assert shown.status == "Sold out"
    assert shown.mode == "One deal a day"
    assert numbers(shown)["gone"] == ("1 h", "until it was gone, at 11:58")
    assert shown.notes[1] == "Sold out. The next deal opens at Mon 23 Nov 2026, 00:00."


def test_refusals_are_said_by_kind_and_in_sum() -> None:
    shown = view(deal=stage(refused={"sold-out": 1412, "limit-reached": 3, "out-of-luck": 1}))
    assert numbers(shown)["refused"] == ("1,416", "refused, 1,412 of them sold out")
    assert shown.refused == (
        ("Sold out, or fewer left than asked for", "1,412"),
        ("Had bought as many as one may", "3"),
        ("out of luck", "1"),
    )
    assert numbers(view(deal=stage(refused={"sold-out": 7})))["refused"] == ("7", "refused, sold out")


def test_who_helps_is_named_and_the_rest_counted() -> None:
    most = [{"name": "Bea", "orders": 4, "units": 9}]
    shown = view(help={"helpers": 3, "units": 12, "most": most})
    assert shown.helpers == (("Bea", "4", "9"),)
    assert shown.other_helpers == "And 2 more."
    assert numbers(shown)["helped"] == ("12", "sold with help, by 3")


def test_what_comes_next_says_whether_it_is_held_back() -> None:
    waiting = [
        {"id": 38, "title": "Umbrellas", "price": PRICE, "loaded": 400, "not_before": None},
        {"id": 39, "title": "A Comb", "price": PRICE, "loaded": 1, "not_before": ahead(hours=1)},
        {"id": 40, "title": "A Spoon", "price": PRICE, "loaded": 2, "not_before": ago(hours=1)},
    ]
    shown = view(next=waiting, queued=9)
    assert [deal.fine for deal in shown.next] == [
        "$49.99 · 400 units · ready",
        "$49.99 · 1 unit · held until 13:00",
        "$49.99 · 2 units · ready",
    ]
    assert shown.queued == "And 6 more in the queue."


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"started": False}, "has not been started"),
        ({"paused": True}, "paused, and nothing is on stage"),
        ({"queued": 2}, "held back until its time"),
        ({}, "The queue is empty"),
    ],
)
def test_an_empty_stage_says_why(how: dict[str, Any], words: str) -> None:
    shown = view(deal=None, phase="closed", **how)
    assert shown.heading == "Nothing is on stage"
    assert (shown.numbers, shown.charts) == ((), ())
    assert words in shown.notes[0]


def test_a_chart_is_a_table_and_a_sentence() -> None:
    velocity, through = view(curve()).charts
    assert velocity.gist == "In the last minute it sold 4.5 a minute; past deals of this age sold 35."
    assert velocity.caption == "Units a minute, beside the median of the last 12 past deals at the same age."
    assert [[cell.text for cell in row] for row in velocity.rows] == [
        ["0 s", "–", "–"],
        ["1 min", "31", "40"],
        ["2 min", "4.5", "35"],
    ]
    assert [cell.value for cell in velocity.rows[2]] == ["120", "4.5", "35.25"]
    assert through.gist == "After 2 min 27% is sold; of past deals it was 16%."
    assert [cell.text for cell in through.rows[1]] == ["1 min", "5.2%", "8%"]


def test_without_past_deals_a_chart_says_so() -> None:
    none = [None, None, None]
    velocity, through = view(curve(median_velocity=none, median_sell_through=none, of_deals=2)).charts
    assert (
        velocity.gist
        == "In the last minute it sold 4.5 a minute. There are too few past deals for a median yet."
    )
    assert through.caption == "Percent of the 600 loaded, since it opened."


def test_a_deal_that_has_just_opened_has_a_chart() -> None:
    one = curve(
        age=[0], velocity=[None], median_velocity=[None], sell_through=[0.0], median_sell_through=[0.0]
    )
    assert view(one).charts[0].gist == "It has only just opened."


def test_the_page_speaks_at_steps_and_not_at_every_sale() -> None:
    assert view().said_at == view(deal=stage(sold=200)).said_at == "37 live 75"
    assert view(deal=stage(sold=310)).said_at == "37 live 50"
    assert view(phase="paused").said_at == "37 paused 75"
