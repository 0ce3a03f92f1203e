"""A deal's photo: made apart, kept in sizes, shown when its deal is."""
