-- Takes the coupons of a group of purchases, each for one order, inside that group's transaction.
--
-- Only a coupon that is ready, not expired and the shopper's own is taken; of several purchases with the same coupon
-- the first has it. Answers the ids of the orders that got theirs.
CREATE OR REPLACE FUNCTION claim_coupons(
    the_time timestamptz, the_orders text[], the_shoppers bigint[], the_codes text[]
) RETURNS text[] LANGUAGE sql AS $$
    WITH wanted AS (
        SELECT DISTINCT ON (a.code) a.order_id, a.shopper_id, a.code
        FROM unnest(the_orders, the_shoppers, the_codes) WITH ORDINALITY AS a (order_id, shopper_id, code, n)
        JOIN coupons c ON c.code = a.code AND c.shopper_id = a.shopper_id
        WHERE c.state = 'ready' AND c.expires_at > the_time
        ORDER BY a.code, a.n
    ), taken AS (
        UPDATE coupons c SET state = 'used', order_id = w.order_id
        FROM wanted w WHERE c.code = w.code AND c.state = 'ready'
        RETURNING c.order_id
    )
    SELECT coalesce(array_agg(order_id), '{}') FROM taken
$$;
