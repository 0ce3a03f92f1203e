-- One group of admitted purchases becomes orders, all of them or none.
--
-- The row of `offers` is the fence and the veto. Locking it first makes groups of one deal follow one another; a group
-- that was admitted under an older epoch finds no row and raises BM001; a group that would sell too much breaks the
-- table's check. Each statement of the function sees what was committed before it began, so everything that depends
-- on the lock is read after it.
--
-- Sending the same group twice is harmless: what is there already is not inserted, and `sold` grows by what was. A
-- purchase whose coupon is not to be had any more fails alone.
-- The last four columns may be null as a whole: no discounts, no coupons, nobody who helped.
-- Answers one row: the terms; for each purchase asked for the id, place and time of the order that now stands under
-- its shopper and key, or nulls where its coupon was gone (no times at all where every order is of now); and the units
-- left.
CREATE OR REPLACE FUNCTION record_orders(
    the_deal bigint, the_epoch integer, the_time timestamptz,
    ids text[], shoppers bigint[], keys text[], hashes bytea[], quantities integer[], discounts integer[],
    coupon_codes text[], helpers bigint[], links text[]
) RETURNS TABLE (
    title text, currency text, unit_price integer, shipping integer,
    order_ids text[], places integer[], times timestamptz[], units_left integer
) LANGUAGE plpgsql
-- In the rush of a sale the statistics of `orders` are old, and a plan that reads the whole table looks cheap.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    offer offers%ROWTYPE;
    without_coupon text[] := '{}';
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

    IF cardinality(array_remove(coupon_codes, NULL)) > 0 THEN
        WITH asked AS (
            SELECT a.* FROM unnest(ids, shoppers, keys, coupon_codes) WITH ORDINALITY
                AS a (id, shopper_id, idempotency_key, coupon, n)
            WHERE a.coupon IS NOT NULL AND NOT EXISTS (
                SELECT FROM orders o WHERE o.shopper_id = a.shopper_id AND o.idempotency_key = a.idempotency_key
            )
        ), claimed AS (
            SELECT claim_coupons(
                the_time, array_agg(a.id ORDER BY a.n), array_agg(a.shopper_id ORDER BY a.n),
                array_agg(a.coupon ORDER BY a.n)
            ) AS ids FROM asked a
        )
        SELECT coalesce(array_agg(a.id), '{}') INTO without_coupon
        FROM asked a, claimed c WHERE a.id <> ALL (c.ids);
    END IF;

    WITH missing AS (
        SELECT a.id, a.shopper_id, a.idempotency_key, a.body_hash, a.quantity, coalesce(a.discount, 0) AS discount,
            row_number() OVER (ORDER BY a.n) AS rank
        FROM unnest(ids, shoppers, keys, hashes, quantities, discounts) WITH ORDINALITY
            AS a (id, shopper_id, idempotency_key, body_hash, quantity, discount, n)
        WHERE a.id <> ALL (without_coupon) AND NOT EXISTS (
            SELECT FROM orders o
            WHERE o.shopper_id = a.shopper_id AND o.idempotency_key = a.idempotency_key
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

    IF cardinality(array_remove(helpers, NULL)) > 0 THEN
        PERFORM attribute_orders(the_deal, the_time, ids, helpers, links);
    END IF;

    sold_now := offer.sold + units;
    IF recorded > 0 THEN
        UPDATE offers SET
            sold = sold_now, orders = orders + recorded, revision = revision + 1,
            first_order_at = coalesce(first_order_at, the_time)
        WHERE deal_id = the_deal AND epoch = the_epoch;
        INSERT INTO sold_by_second AS s (deal_id, second, units)
        VALUES (the_deal, date_trunc('second', the_time), units)
        ON CONFLICT (deal_id, second) DO UPDATE SET units = s.units + excluded.units;
    END IF;

    IF recorded = cardinality(ids) THEN
        RETURN QUERY SELECT offer.title, offer.currency, offer.unit_price, offer.shipping, ids,
            ARRAY(SELECT offer.orders + n FROM generate_series(1, recorded) n), NULL::timestamptz[],
            offer.quantity - sold_now;
    ELSE
        RETURN QUERY SELECT offer.title, offer.currency, offer.unit_price, offer.shipping,
            array_agg(o.id ORDER BY a.n), array_agg(o.place ORDER BY a.n), array_agg(o.placed_at ORDER BY a.n),
            offer.quantity - sold_now
        FROM unnest(shoppers, keys) WITH ORDINALITY AS a (shopper_id, idempotency_key, n)
        LEFT JOIN orders o ON o.shopper_id = a.shopper_id AND o.idempotency_key = a.idempotency_key;
    END IF;
END $$;
