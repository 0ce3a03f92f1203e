-- Counts who watches, over all processes.
-- KEYS  1 a hash: process -> "viewers unix-seconds", of those who are not signed in
--       2 a sorted set: the shoppers who watch, each by when it was last said so
-- ARGV  1 this process   2 its viewers who are not signed in   3 seconds after which who is silent is forgotten
--       4 how many of the shoppers that follow are here; the others have gone   5... shoppers
-- Answer  the viewers of all processes heard of lately, each shopper once.
-- After this, a process that died can not be counted for longer than that.
local now = tonumber(redis.call('TIME')[1])
local silent = now - tonumber(ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. now)
for i = 5, #ARGV do
  if i - 4 <= tonumber(ARGV[4]) then
    redis.call('ZADD', KEYS[2], now, ARGV[i])
  else
    redis.call('ZREM', KEYS[2], ARGV[i])
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. silent)

local total = redis.call('ZCARD', KEYS[2])
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local viewers, at = string.match(all[i + 1], '(%d+) (%d+)')
  if tonumber(at) < silent then
    redis.call('HDEL', KEYS[1], all[i])
  else
    total = total + tonumber(viewers)
  end
end
return total
