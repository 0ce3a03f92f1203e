"""Settling orders: record, then charge, then settle. The only part of sales that asks for money."""
