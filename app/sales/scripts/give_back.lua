-- Gives back the units of purchases that were admitted but became no order.
-- KEYS  1 gate
-- ARGV  1 msgpack array, four to a purchase, as in admit.lua
-- Answer  the units left. Error NOGATE where this epoch's gate is not open: a recount has them already.
-- After this, a purchase can not have been given back twice: its key is gone with the first time.
if not redis.call('HGET', KEYS[1], 'left') then return redis.error_reply('NOGATE this gate is not open') end
local given = cmsgpack.unpack(ARGV[1])
for i = 1, #given, 4 do
  if redis.call('HDEL', KEYS[1], given[i]) == 1 then
    redis.call('HINCRBY', KEYS[1], given[i + 1], -given[i + 2])
    redis.call('HINCRBY', KEYS[1], 'left', given[i + 2])
  end
end
return tonumber(redis.call('HGET', KEYS[1], 'left'))
