"""A link as a QR code, to be held before somebody's camera."""

import io

DARK, LIGHT = "#201a33", "#ffffff"  # in dark pages, too: cameras want it so


def qr_svg(url: str) -> bytes:
    """An SVG of the address, with the quiet zone that readers need; it grows with whatever holds it."""
    import segno  # few ask for one, and the shop opens sooner without it

    drawn = io.BytesIO()
    code = segno.make_qr(url, error="m")
    code.save(
        drawn,
        kind="svg",
        dark=DARK,
        light=LIGHT,
        xmldecl=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
    )
    return drawn.getvalue()
