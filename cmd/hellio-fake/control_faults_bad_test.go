package main

// badFaults are bad calls of PUT faults.
var badFaults = []badCall{
	{"faults: not JSON", "PUT", "faults", `[`, 400},
	{"faults: empty", "PUT", "faults", ``, 400},
	{"faults: trailing data", "PUT", "faults", `[] []`, 400},
	{"faults: a null", "PUT", "faults", `null`, 422},
	{"faults: an object", "PUT", "faults", `{}`, 422},
	{"faults: of nulls", "PUT", "faults", `[null]`, 422},
	{"faults: of strings", "PUT", "faults", `["any"]`, 422},
	{"faults: unknown op", "PUT", "faults", `[{"op":"sms","always":true,"effect":"reset"}]`, 422},
	{
		"faults: unknown effect", "PUT", "faults",
		`[{"op":"any","always":true,"effect":"explode"}]`, 422,
	},
	{
		"faults: unknown field", "PUT", "faults",
		`[{"op":"any","always":true,"effect":"reset","when":1}]`, 422,
	},
	{
		"faults: a field in another case", "PUT", "faults",
		`[{"Op":"any","always":true,"effect":"reset"}]`, 422,
	},
	{"faults: no when", "PUT", "faults", `[{"op":"any","effect":"reset"}]`, 422},
	{
		"faults: two whens", "PUT", "faults", `[{"op":"any","nth":1,"times":1,"effect":"reset"}]`,
		422,
	},
	{"faults: nth 0", "PUT", "faults", `[{"op":"any","nth":0,"effect":"reset"}]`, 422},
	{"faults: times negative", "PUT", "faults", `[{"op":"any","times":-1,"effect":"reset"}]`, 422},
	{"faults: nth a string", "PUT", "faults", `[{"op":"any","nth":"1","effect":"reset"}]`, 422},
	{
		"faults: delay without duration", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"delay"}]`, 422,
	},
	{
		"faults: duration without unit", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"delay","duration":"5"}]`, 422,
	},
	{
		"faults: duration negative", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"delay","duration":"-5s"}]`, 422,
	},
	{
		"faults: status without code", "PUT", "faults", `[{"op":"any","nth":1,"effect":"status"}]`,
		422,
	},
	{
		"faults: code out of range", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"status","code":99}]`, 422,
	},
	{
		"faults: a field of another effect", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"reset","code":500}]`, 422,
	},
	{
		"faults: bytes negative", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"truncate_body","bytes":-1}]`, 422,
	},
	{
		"faults: a delivery's effect on a call", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"webhook_lose"}]`, 422,
	},
	{
		"faults: a call's effect on deliveries", "PUT", "faults",
		`[{"op":"webhook","nth":1,"effect":"lose_reply"}]`, 422,
	},
	{
		"faults: a delivery delayed by nothing", "PUT", "faults",
		`[{"op":"webhook","nth":1,"effect":"webhook_delay"}]`, 422,
	},
	{
		"faults: a delivery lost for a time", "PUT", "faults",
		`[{"op":"webhook","nth":1,"effect":"webhook_lose","duration":"1s"}]`, 422,
	},
	{
		"faults: hits given", "PUT", "faults", `[{"op":"any","nth":1,"effect":"reset","hits":1}]`,
		422,
	},
	{
		"faults: the second rule wrong", "PUT", "faults",
		`[{"op":"any","nth":1,"effect":"reset"},{"op":"any","nth":1,"effect":"x"}]`, 422,
	},
}
