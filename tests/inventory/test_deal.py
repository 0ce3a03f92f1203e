"""A deal as a merchandiser writes it."""

import pytest
from pydantic import ValidationError

from app.inventory.story import story_html
from tests.factories.inventory import new_deal


@pytest.mark.parametrize(
    ("story", "html"),
    [
        ("Once, a *story*", "<p>Once, a <em>story</em></p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](https://example.com)", '<p><a href="https://example.com">x</a></p>'),
        ("[x](MAILTO:a@example.com)", '<p><a href="MAILTO:a@example.com">x</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](java&#115;cript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](data:text/html,hi)", "<p>[x](data:text/html,hi)</p>"),
        ("[x](//example.com)", "<p>[x](//example.com)</p>"),
        ("<ftp://example.com>", "<p>&lt;ftp://example.com&gt;</p>"),
    ],
)
def test_a_story_is_markdown_and_nothing_dangerous(story: str, html: str) -> None:
    assert story_html(story) == html


def test_a_picture_in_a_story_is_not_fetched_from_elsewhere() -> None:
    assert "<img" not in story_html("![x](https://example.com/x.png)")


def test_lines_are_trimmed_and_newlines_are_one_kind() -> None:
    deal = new_deal(title="  Loaf ", story="one\r\ntwo\rthree\n")
    assert (deal.title, deal.story) == ("Loaf", "one\ntwo\nthree")


def steps(*said: tuple[int, int]) -> list[dict[str, int]]:
    return [{"after_minutes": minutes, "reward": reward} for minutes, reward in said]


@pytest.mark.parametrize(
    "said",
    [
        steps((5, 300), (5, 400)),
        steps((5, 300), (4, 400)),
        steps((5, 300), (6, 300)),
        steps((5, 300), (6, 299)),
        steps((-1, 300)),
        steps((5, -1)),
        steps((44_641, 300)),
        steps(*((number, number) for number in range(6))),
        [{"after_minutes": 5}],
        [{"after_minutes": 5, "reward": 300, "price": 1}],
        [{"after_minutes": 5, "reward": 3.5}],
        [{"after_minutes": 5, "reward": 20_000_001}],
    ],
)
def test_a_reward_that_does_not_grow_from_step_to_step_is_refused(said: list[dict[str, int]]) -> None:
    with pytest.raises(ValidationError) as wrong:
        new_deal(reward_steps=said)
    assert {error["loc"][0] for error in wrong.value.errors()} == {"reward_steps"}


def test_a_reward_may_rise_up_to_five_times_the_first_time_with_the_stall() -> None:
    said = steps(*((number * 10, number + 1) for number in range(5)))
    assert new_deal(reward_steps=said).model_dump()["reward_steps"] == said
    assert new_deal().reward_steps == []


@pytest.mark.parametrize(
    "said", [{"pot": 0}, {"pot": -1}, {"pot": 1.5}, {"pot_minutes": 0}, {"friends_discount": -1}]
)
def test_a_pot_is_worth_something_and_has_a_time(said: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        new_deal(**said)
