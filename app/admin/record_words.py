"""How records put paces and shares into words."""


def pace_words(per_minute: float) -> str:
    """23 or 1.6: with a decimal where it is small."""
    return f"{per_minute:,.0f}" if per_minute >= 10 else f"{per_minute:.1f}"


def percent_words(part: float) -> str:
    """87%, and never 100% of what is not whole."""
    return f"{min(99, round(part * 100)) if part < 1 else 100}%"
