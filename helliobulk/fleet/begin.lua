-- Notes that a call for a chunk is about to begin.
-- KEYS: ledger. ARGV: chunk, dispatch, try, record, life of the ledger (ms).
-- An entry of the ledger is dispatch|try|phase|record. Returns {phase, record}
-- as they were; {"", ""} if this dispatch has no entry. An entry of an earlier
-- dispatch is replaced.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local phase, record = '', ''
if stored then
	local dispatch, _, p, r = string.match(stored, '^([^|]*)|([^|]*)|([^|]*)|(.*)$')
	if dispatch == ARGV[2] then
		phase, record = p, r
	end
end
if phase == 'settled' then
	return {phase, record}
end
local last = ARGV[4]
if record ~= '' then
	last = record
end
redis.call('HSET', KEYS[1], ARGV[1], table.concat({ARGV[2], ARGV[3], 'begun', last}, '|'))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {phase, record}
