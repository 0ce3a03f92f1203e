"""Plain views of a friends list."""

from datetime import UTC, datetime

from app.pages import friend_views as views

NOW = datetime(2026, 12, 7, 3, 0, tzinfo=UTC)


def test_a_link_is_shown_where_no_address_was_typed_alone() -> None:
    by_mail, by_link = views.waiting(
        [("a", "bob@example.com", "https://shop.test/1", NOW), ("b", None, "https://shop.test/2", NOW)], UTC
    )
    assert (by_mail.email, by_mail.url, by_mail.until) == ("bob@example.com", "", "December 7, 2026")
    assert (by_link.email, by_link.url) == ("", "https://shop.test/2")


def test_what_a_friend_says_leads_by_their_link() -> None:
    (one,) = views.heard([("Bea", "", "k7Wq3mZx9P")])
    assert (one.name, one.advice, one.path) == ("Bea", "", "/h/k7Wq3mZx9P")
