"""Where a browser is sent on to, and that it is never another site."""

from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

LONGEST_PATH = 1000  # characters; what is kept with a mailed link, and sent in a header field


def own_path(path: str) -> str:
    """`path` where it is one of this site; else the front page. Nobody is sent elsewhere by a link."""
    plain = len(path) <= LONGEST_PATH and path.isprintable() and path.isascii() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


def sign_in_first(onward: str, *, again: bool = False) -> Response:
    """Send a browser to the sign-in page, and from there to `onward`; `again` where somebody is signed in."""
    query = {"next": onward} | ({"again": "1"} if again else {})
    return RedirectResponse(f"/sign-in?{urlencode(query)}", 303)
