"""A browser in words."""

import pytest

from app.identity.device import device_words

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on Linux"),
        (CHROME.format("Windows NT 10.0; Win64; x64"), "Chrome on Windows"),
        (CHROME.format("Windows NT 10.0; Win64; x64") + " Edg/126.0", "Edge on Windows"),
        (CHROME.format("Linux; Android 14; Pixel 8"), "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1", "Safari on Mac"),
        ("Safari", "Safari"),
        ("curl/8.5.0", "Some program"),
        ("", "Some program"),
    ],
)
def test_a_browser_is_named_and_nothing_else(agent: str, words: str) -> None:
    assert device_words(agent) == words
