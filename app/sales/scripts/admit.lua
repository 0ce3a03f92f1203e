-- Decides a batch of purchases, in order.
-- KEYS  1 gate: "left" -> units left; "shopper" -> units held, "shopper:key" -> 1, of those admitted in this epoch
-- ARGV  1 limit a shopper      2 msgpack array, four to a purchase: "shopper:key", "shopper", quantity, units that the
--         shopper held when the epoch began; only heeded until the first admission in this epoch
-- Answer  {verdicts, left, held}: a letter for each purchase: T taken, K key known, L over the limit, S not enough
--         left; the units left after all; and for each L, in order, what that shopper holds already.
--         Error NOGATE where this epoch's gate is not open.
-- After this, units can not have been taken that were not there.
local asked = cmsgpack.unpack(ARGV[2])
local count = #asked / 4

local fields = {'left'}
for i = 1, count do
  fields[2 * i], fields[2 * i + 1] = asked[4 * i - 3], asked[4 * i - 2]
end
local stood = redis.call('HMGET', KEYS[1], unpack(fields))
if not stood[1] then return redis.error_reply('NOGATE this gate is not open') end
local left, limit = tonumber(stood[1]), tonumber(ARGV[1])

local verdicts, holds, new_keys, taken, over = {}, {}, {}, 0, {}
for i = 1, count do
  local name, shopper, quantity = fields[2 * i], fields[2 * i + 1], asked[4 * i - 1]
  local held = holds[shopper] or tonumber(stood[2 * i + 1] or asked[4 * i])
  if stood[2 * i] or new_keys[name] then
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
  local changes = {'left', left}
  for name in pairs(new_keys) do
    changes[#changes + 1] = name
    changes[#changes + 1] = '1'
  end
  for shopper, held in pairs(holds) do
    changes[#changes + 1] = shopper
    changes[#changes + 1] = held
  end
  redis.call('HSET', KEYS[1], unpack(changes))
end
return {table.concat(verdicts), left, over}
