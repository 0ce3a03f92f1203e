-- Gives back the units of purchases that were admitted but became no order.
-- KEYS  1 stock   2 bought   3 keys
-- ARGV  1 msgpack array, three to a purchase: "shopper:key", "shopper", quantity
-- Answer  the units left. Error NOGATE where this epoch's gate is not open: a recount has them already.
-- After this, a purchase can not have been given back twice: its key is gone with the first time.
local stock = redis.call('GET', KEYS[1])
if not stock then return redis.error_reply('NOGATE this gate is not open') end
local given = cmsgpack.unpack(ARGV[1])
for i = 1, #given, 3 do
  if redis.call('HDEL', KEYS[3], given[i]) == 1 then
    redis.call('HINCRBY', KEYS[2], given[i + 1], -given[i + 2])
    redis.call('INCRBY', KEYS[1], given[i + 2])
  end
end
return tonumber(redis.call('GET', KEYS[1]))
