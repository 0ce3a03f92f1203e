"""How large a body the desk's addresses take; everywhere else the house's limit holds."""

MEBIBYTE = 1024 * 1024

BODY_LIMITS = {
    r"/api/v1/staff/queue": MEBIBYTE,  # the ids of a hundred thousand deals
    r"/api/v1/staff/imports|/desk/import": 21 * MEBIBYTE,
    r"/desk/import/[^/]+/rows": MEBIBYTE,  # a story, in letters that may take four bytes, thrice that where escaped
    r"/api/v1/staff/shipments/file|/desk/orders/tracking": 3 * MEBIBYTE,
    r"/api/v1/staff/deals/\d+/photo|/desk/deals/\d+/photo": 21 * MEBIBYTE,
}
