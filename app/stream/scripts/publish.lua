-- Numbers a piece of news, keeps it for those who come later, and tells every process.
-- KEYS  1 the state: a hash of epoch, seq, for `live` and `stock` each the newest body and its version, and `shown`,
--         the seq of the newer of the two
-- ARGV  1 kind (live, stock, ping)   2 body   3 version, a text that grows, over `live` and `stock` together
--       4 an epoch to begin with, or empty   5 the channel   6 7 epoch and seq of the newest id that the caller knows
-- Answer  {epoch, seq} where it was published; {} where the same or something newer is there already;
--         {0} where numbering must begin anew and no epoch was brought: the state is empty, or older than the caller.
-- After this, an older state can not follow a newer one, and no id is given twice.
local state, kind, body, version, new_epoch, channel = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local known_epoch, known_seq = tonumber(ARGV[6]), tonumber(ARGV[7])
local epoch = redis.call('HGET', state, 'epoch')
local seq = tonumber(redis.call('HGET', state, 'seq') or 0)
if not epoch or tonumber(epoch) < known_epoch or (tonumber(epoch) == known_epoch and seq < known_seq) then
  if new_epoch == '' then return {0} end
  redis.call('DEL', state)
  redis.call('HSET', state, 'epoch', new_epoch, 'seq', 0)
  epoch = new_epoch
end

if kind == 'live' or kind == 'stock' then
  local known = redis.call('HMGET', state, kind .. '_version', kind)
  if known[1] and (known[1] >= version or known[2] == body) then return {} end
  local live_version = redis.call('HGET', state, 'live_version')
  if live_version and live_version > version then return {} end
  redis.call('HSET', state, kind, body, kind .. '_version', version)
  if kind == 'live' then redis.call('HDEL', state, 'stock', 'stock_version') end
end

seq = redis.call('HINCRBY', state, 'seq', 1)
if kind ~= 'ping' then redis.call('HSET', state, 'shown', seq) end
redis.call('PUBLISH', channel, epoch .. ' ' .. seq .. ' ' .. kind .. ' ' .. body)
return {tonumber(epoch), seq}
