-- Numbers a piece of news, keeps it for those who come later, and tells every process.
-- KEYS  1 the state: a hash of epoch, seq, and for `live` and `stock` each the newest body and its version
-- ARGV  1 kind (live, stock, ping)   2 body   3 version, a text that grows   4 an epoch to begin with, or empty
--       5 the channel
-- Answer  {epoch, seq} where it was published; {} where the same or something newer is there already;
--         {0} where numbering must begin anew and no epoch was brought.
-- After this, an older state can not follow a newer one, and no id is given twice.
local state, kind, body, version, new_epoch, channel = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local epoch = redis.call('HGET', state, 'epoch')
if not epoch then
  if new_epoch == '' then return {0} end
  redis.call('HSET', state, 'epoch', new_epoch, 'seq', 0)
  epoch = new_epoch
end

if kind == 'live' or kind == 'stock' then
  local known = redis.call('HMGET', state, kind .. '_version', kind)
  if known[1] and (known[1] >= version or known[2] == body) then return {} end
  redis.call('HSET', state, kind, body, kind .. '_version', version)
  if kind == 'live' then redis.call('HDEL', state, 'stock', 'stock_version') end
end

local seq = redis.call('HINCRBY', state, 'seq', 1)
redis.call('PUBLISH', channel, epoch .. ' ' .. seq .. ' ' .. kind .. ' ' .. body)
return {tonumber(epoch), seq}
