"""Breadmaker: a flash-sale storefront that sells one thing at a time."""
