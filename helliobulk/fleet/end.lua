-- Notes how a call for a chunk ended.
-- KEYS: ledger, news. ARGV: chunk, dispatch, try, phase, record, "sure" if the
-- record stands whatever another try says, life (ms).
-- Only the latest try is noted, and what is settled stays so, unless it is sure.
-- Returns 1 if it was noted.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored then
	local dispatch, try, phase = string.match(stored, '^([^|]*)|([^|]*)|([^|]*)|')
	if dispatch ~= ARGV[2] then
		return 0
	end
	if ARGV[6] ~= 'sure' and (phase == 'settled' or try ~= ARGV[3]) then
		return 0
	end
end
redis.call('HSET', KEYS[1], ARGV[1], table.concat({ARGV[2], ARGV[3], ARGV[4], ARGV[5]}, '|'))
redis.call('PEXPIRE', KEYS[1], ARGV[7])
if ARGV[4] == 'settled' then
	redis.call('RPUSH', KEYS[2], ARGV[1])
	redis.call('PEXPIRE', KEYS[2], ARGV[7])
end
return 1
