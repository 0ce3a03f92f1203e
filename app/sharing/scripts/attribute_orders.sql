-- Writes down who helped with which of a deal's orders, inside those orders' transaction. Orders that do not stand,
-- or stand already with their helper, are passed over; so is help to oneself, and of somebody who has left.
-- A link with @ at its end was made in the browser that bought; with + the price is what it is among friends.
CREATE OR REPLACE FUNCTION attribute_orders(
    the_deal bigint, the_time timestamptz, the_orders text[], the_helpers bigint[], the_links text[]
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO attributions (order_id, deal_id, helper_id, link, units, created_at, own_browser, as_friend)
    SELECT o.id, the_deal, a.helper_id, rtrim(a.link, '@+'), o.quantity, the_time, a.link LIKE '%@%',
        a.link LIKE '%+'
    FROM unnest(the_orders, the_helpers, the_links) AS a (order_id, helper_id, link)
    JOIN orders o ON o.id = a.order_id
    JOIN shoppers s ON s.id = a.helper_id
    WHERE a.helper_id <> o.shopper_id
    ON CONFLICT (order_id) DO NOTHING
$$;
