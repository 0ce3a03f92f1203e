-- Numbers a piece of news, keeps it for those who come later, and tells every process.
-- KEYS  1 the state: a hash of epoch, seq, for `live` and `stock` each the newest body and its version, and `shown`,
--         the seq of the newer of the two   2 a list of what passed by, for everybody   3 the same, of shoppers' own
-- ARGV  1 kind (live, stock, chat, cheer, you, ping)   2 topic (show, shopper:ID, process:NAME)   3 body
--       4 version, a text that grows, over `live` and `stock` together
--       5 an epoch to begin with, or empty   6 the channel   7 8 epoch and seq of the newest id that the caller knows
--       9 how many to keep of what is for everybody   10 the same, of shoppers' own
-- Answer  {epoch, seq} where it was published; {} where the same or something newer is there already;
--         {0} where numbering must begin anew and no epoch was brought: the state is empty, or older than the caller.
-- After this, an older state can not follow a newer one, and no id is given twice.
local state, kind, topic, body, version, new_epoch = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local known_epoch, known_seq = tonumber(ARGV[7]), tonumber(ARGV[8])
local epoch = redis.call('HGET', state, 'epoch')
local seq = tonumber(redis.call('HGET', state, 'seq') or 0)
if not epoch or tonumber(epoch) < known_epoch or (tonumber(epoch) == known_epoch and seq < known_seq) then
  if new_epoch == '' then return {0} end
  redis.call('DEL', state, KEYS[2], KEYS[3])
  redis.call('HSET', state, 'epoch', new_epoch, 'seq', 0)
  epoch = new_epoch
end

local is_state = kind == 'live' or kind == 'stock'
if is_state then
  local known = redis.call('HMGET', state, kind .. '_version', kind)
  if known[1] and (known[1] >= version or known[2] == body) then return {} end
  local live_version = redis.call('HGET', state, 'live_version')
  if live_version and live_version > version then return {} end
  redis.call('HSET', state, kind, body, kind .. '_version', version)
  if kind == 'live' then redis.call('HDEL', state, 'stock', 'stock_version') end
end

seq = redis.call('HINCRBY', state, 'seq', 1)
local news = epoch .. ' ' .. seq .. ' ' .. topic .. ' ' .. kind .. ' ' .. body
if is_state then
  redis.call('HSET', state, 'shown', seq)
elseif kind ~= 'ping' then
  local list, most = KEYS[2], ARGV[9]
  if topic ~= 'show' then list, most = KEYS[3], ARGV[10] end
  redis.call('LPUSH', list, news)
  redis.call('LTRIM', list, 0, most - 1)
end
redis.call('PUBLISH', ARGV[6], news)
return {tonumber(epoch), seq}
