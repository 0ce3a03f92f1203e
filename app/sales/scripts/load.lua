-- Loads a part of a gate that is not open yet.
-- KEYS  1 bought or keys
-- ARGV  1 msgpack array: fields (some thousand at most)   2 msgpack array: their values, or empty: 1 for each
-- Answer  how many fields it has now.
-- After this, loading a large gate can not keep Redis or the process that loads it from everything else for long.
local fields, values, flat = cmsgpack.unpack(ARGV[1]), nil, {}
if ARGV[2] ~= '' then values = cmsgpack.unpack(ARGV[2]) end
for i = 1, #fields do
  flat[2 * i - 1] = fields[i]
  flat[2 * i] = values and values[i] or '1'
end
redis.call('HSET', KEYS[1], unpack(flat))
return redis.call('HLEN', KEYS[1])
