"""The line: whoever found a deal sold out stands in it; units that come back are offered in order, one a person."""
