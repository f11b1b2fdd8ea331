-- Assigns a call its slot in a token's schedule. The schedules hold the next
-- slot, in microseconds of this server's clock.
-- KEYS: schedule, schedule of OTPs, block.
-- ARGV: step (us), patience (us), burst of OTPs (0: not an OTP), life of the
-- schedules (ms).
-- Returns {1, wait} if the slot is taken, or {0, wait} if it is not because the
-- wait is longer than the patience.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step = tonumber(ARGV[1])
local patience = tonumber(ARGV[2])
local burst = tonumber(ARGV[3])
local life = tonumber(ARGV[4])
local blocked = now + math.max(redis.call('PTTL', KEYS[3]), 0) * 1000

local function next_slot(key)
	local stored = tonumber(redis.call('GET', key) or 0)
	if stored - now > life * 1000 then -- the clock was set back
		stored = 0
	end
	return math.max(stored, now)
end

local slot = math.max(next_slot(KEYS[1]), blocked)
local wait = slot - now
local otp_slot
if burst > 0 then
	otp_slot = next_slot(KEYS[2])
	wait = math.min(wait, math.max(otp_slot - (burst - 1) * step * 12, blocked) - now)
end
if wait > patience then
	return {0, wait}
end
redis.call('SET', KEYS[1], string.format('%.0f', slot + step), 'PX', life)
if burst > 0 then
	redis.call('SET', KEYS[2], string.format('%.0f', otp_slot + step * 12), 'PX', life)
end
return {1, wait}
