-- One group of admitted purchases becomes orders, all of them or none.
--
-- The row of `offers` is the fence and the veto. Locking it first makes groups of one deal follow one another; a group
-- that was admitted under an older epoch finds no row and raises BM001; a group that would sell too much breaks the
-- table's check. Each statement of the function sees what was committed before it began, so everything that depends
-- on the lock is read after it.
--
-- Sending the same group twice is harmless: what is there already is not inserted, and `sold` grows by what was.
-- Answers one row for each purchase asked for: the order that now stands under its shopper and key; and what is left.
CREATE OR REPLACE FUNCTION record_orders(
    the_deal bigint, the_epoch integer, the_time timestamptz,
    ids text[], shoppers bigint[], keys text[], hashes bytea[], quantities integer[], discounts integer[]
) RETURNS TABLE (
    id text, deal_id bigint, place integer, body_hash bytea, title text, quantity integer, currency text,
    unit_price integer, discount integer, shipping integer, total integer, status text, placed_at timestamptz,
    n bigint, units_left integer
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    offer offers%ROWTYPE;
    fresh integer;
    recorded integer;
    units integer;
    sold_now integer;
BEGIN
    SELECT * INTO offer FROM offers
    WHERE deal_id = the_deal AND epoch = the_epoch AND closed_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the gate of deal % has moved on from epoch %', the_deal, the_epoch USING ERRCODE = 'BM001';
    END IF;

    WITH asked AS (
        SELECT * FROM unnest(ids, shoppers, keys, hashes, quantities, discounts)
            WITH ORDINALITY AS a (id, shopper_id, idempotency_key, body_hash, quantity, discount, n)
    ), missing AS (
        SELECT asked.*, row_number() OVER (ORDER BY asked.n) AS rank FROM asked
        WHERE NOT EXISTS (
            SELECT FROM orders o
            WHERE o.shopper_id = asked.shopper_id AND o.idempotency_key = asked.idempotency_key
        )
    ), inserted AS (
        INSERT INTO orders (
            id, deal_id, shopper_id, idempotency_key, body_hash, place, title, quantity, currency,
            unit_price, discount, shipping, total, placed_at
        )
        SELECT m.id, the_deal, m.shopper_id, m.idempotency_key, m.body_hash, offer.orders + m.rank, offer.title,
            m.quantity, offer.currency, offer.unit_price, m.discount, offer.shipping,
            offer.unit_price * m.quantity - m.discount + offer.shipping, the_time
        FROM missing m
        ON CONFLICT (shopper_id, idempotency_key) DO NOTHING
        RETURNING orders.shopper_id, orders.quantity
    ), held AS (
        INSERT INTO buyers AS b (deal_id, shopper_id, units, unit_limit)
        SELECT the_deal, i.shopper_id, sum(i.quantity), offer.unit_limit FROM inserted i GROUP BY i.shopper_id
        ON CONFLICT (deal_id, shopper_id) DO UPDATE SET units = b.units + excluded.units
    )
    SELECT (SELECT count(*) FROM missing), count(*), coalesce(sum(i.quantity), 0)
    INTO fresh, recorded, units FROM inserted i;

    -- The same key, at the same moment, in a group of another deal: places would have a gap. Again, please.
    IF recorded < fresh THEN
        RAISE EXCEPTION 'a key was recorded elsewhere meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;

    sold_now := offer.sold + units;
    IF recorded > 0 THEN
        UPDATE offers SET
            sold = sold_now, orders = orders + recorded, revision = revision + 1,
            first_order_at = coalesce(first_order_at, the_time)
        WHERE deal_id = the_deal AND epoch = the_epoch;
    END IF;

    RETURN QUERY
    SELECT o.id, o.deal_id, o.place, o.body_hash, o.title, o.quantity, o.currency, o.unit_price, o.discount,
        o.shipping, o.total, o.status, o.placed_at, a.n, offer.quantity - sold_now
    FROM unnest(shoppers, keys) WITH ORDINALITY AS a (shopper_id, idempotency_key, n)
    JOIN orders o ON o.shopper_id = a.shopper_id AND o.idempotency_key = a.idempotency_key
    ORDER BY a.n;
END $$;
