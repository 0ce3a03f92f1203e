-- Opens a gate that has been loaded.
-- KEYS  1 stock   2 bought   3 keys
-- ARGV  1 units left   2 how many fields bought must have   3 how many fields keys must have
-- Answer  1. Error NOGATE where something of what was loaded is missing.
-- After this, a gate can not be open that has lost a part while it was being loaded.
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[2]) or redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[3]) then
  return redis.error_reply('NOGATE a part of it was lost while it was loaded')
end
redis.call('SET', KEYS[1], ARGV[1])
return 1
