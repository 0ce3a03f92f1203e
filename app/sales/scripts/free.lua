-- Takes back the units of an order that was recorded, and is cancelled by now.
-- KEYS  1 gate
-- ARGV  1 the order's id  2 its shopper  3 units
-- Answer  the units left. Error NOGATE where this epoch's gate is not open: a recount has them already.
-- After this, an order's units can not have been taken back twice. Its key stays: asked again, it finds its order.
if not redis.call('HGET', KEYS[1], 'left') then return redis.error_reply('NOGATE this gate is not open') end
if redis.call('HSETNX', KEYS[1], 'freed:' .. ARGV[1], '1') == 1 then
  if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 1 then
    redis.call('HINCRBY', KEYS[1], ARGV[2], -ARGV[3])
  end
  redis.call('HINCRBY', KEYS[1], 'left', ARGV[3])
end
return tonumber(redis.call('HGET', KEYS[1], 'left'))
