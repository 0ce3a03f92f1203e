"""Orders at the desk: found, packed, shipped, given back, and written to again."""
