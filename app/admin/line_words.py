"""How a deal's line has gone, in one sentence for the desk."""

from app.sales.desk import LineCounts


def line_words(line: LineCounts) -> str:
    """Such as: 12 stand in line, 1 is offered one, 3 took theirs, 2 let it go by. Empty where nobody ever did."""
    said = [
        _people(line.waiting, "stands in line", "stand in line"),
        _people(line.offered, "is offered one", "are offered one"),
        _people(line.taken, "took theirs", "took theirs"),
        _people(line.missed, "let it go by", "let it go by"),
    ]
    words = ", ".join(filter(None, said))
    return f"{words}." if words else ""


def _people(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}" if number else ""
