-- Decides a batch of purchases, in order.
-- KEYS  1 stock (units left)   2 bought (shopper -> units)   3 keys ("shopper:key" -> 1)
-- ARGV  1 limit a shopper      2 msgpack array, three to a purchase: "shopper:key", "shopper", quantity
-- Answer  {verdicts, left, held}: a letter for each purchase: T taken, K key known, L over the limit, S not enough
--         left; the units left after all; and for each L, in order, what that shopper holds already.
--         Error NOGATE where this epoch's gate is not open.
-- After this, units can not have been taken that were not there.
local stock = redis.call('GET', KEYS[1])
if not stock then return redis.error_reply('NOGATE this gate is not open') end
local left, limit = tonumber(stock), tonumber(ARGV[1])
local asked = cmsgpack.unpack(ARGV[2])
local count = #asked / 3

local names, shoppers = {}, {}
for i = 1, count do
  names[i], shoppers[i] = asked[3 * i - 2], asked[3 * i - 1]
end
local known = redis.call('HMGET', KEYS[3], unpack(names))
local bought = redis.call('HMGET', KEYS[2], unpack(shoppers))

local verdicts, holds, new_keys, taken, over = {}, {}, {}, 0, {}
for i = 1, count do
  local name, shopper, quantity = names[i], shoppers[i], asked[3 * i]
  local held = holds[shopper] or tonumber(bought[i] or 0)
  if known[i] or new_keys[name] then
    verdicts[i] = 'K'
  elseif held + quantity > limit then
    verdicts[i] = 'L'
    over[#over + 1] = held
  elseif left < quantity then
    verdicts[i] = 'S'
  else
    verdicts[i] = 'T'
    left, taken = left - quantity, taken + quantity
    holds[shopper], new_keys[name] = held + quantity, true
  end
end

if taken > 0 then
  local fields, units = {}, {}
  for name in pairs(new_keys) do
    fields[#fields + 1] = name
    fields[#fields + 1] = '1'
  end
  for shopper, held in pairs(holds) do
    units[#units + 1] = shopper
    units[#units + 1] = held
  end
  redis.call('HSET', KEYS[3], unpack(fields))
  redis.call('HSET', KEYS[2], unpack(units))
  redis.call('DECRBY', KEYS[1], taken)
end
return {table.concat(verdicts), left, over}
