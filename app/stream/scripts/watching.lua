-- Counts who watches, over all processes.
-- KEYS  1 a hash: process -> "viewers unix-seconds"
-- ARGV  1 this process   2 its viewers   3 seconds after which a silent process is forgotten
-- Answer  the viewers of all processes heard of lately.
-- After this, a process that died can not be counted for longer than that.
local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. now)
local all, total = redis.call('HGETALL', KEYS[1]), 0
for i = 1, #all, 2 do
  local viewers, at = string.match(all[i + 1], '(%d+) (%d+)')
  if now - tonumber(at) > tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], all[i])
  else
    total = total + tonumber(viewers)
  end
end
return total
