package behaviour

// email holds the claims about email/verify.
var email = []Behaviour{
	decided("email_verify.success", Paid, "email/verify answers 200").follows(aStatus),
	decided("email.fields", Paid,
		"a result has email, status, syntax_valid, mx_found, mailbox_exists, disposable and "+
			"role_account").follows(aFields),
	inferred("email_verify.invalid", Free, "an address that is no address gets 422"),
	inferred("email_verify.dead", Paid, "an address that is dead is a result"),
	inferred("email_verify.per_address", Paid, "email/verify is billed per address"),
	decided("email_verify.in_order", Paid,
		"there is a result for each address in the order given, repeats included"),
	decided("email_verify.most", Free, "email/verify takes at most 10,000 addresses"),
	decided("email_verify.length", Free, "an address has at most 254 characters"),
	decided("email.cost", FakeOnly, "an address costs 0.0050, settled immediately"),
	decided("email.disposable", Paid, "an address at a disposable domain is risky"),
	decided("email.role", Paid, "a role account such as info@ is risky"),
	decided("email.magic", FakeOnly, "the magic addresses get the verdict in their name"),
	decided("email.no_mx", Paid, "a domain below .invalid has no MX; its addresses are "+
		"undeliverable"),
	decided("email.deliverable", FakeOnly, "any other address is deliverable"),
}
