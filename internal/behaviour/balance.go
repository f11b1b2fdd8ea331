package behaviour

// balance holds the claims about balance and prices.
var balance = []Behaviour{
	inferred("balance.amounts", Free, "balance and available are decimal strings"),
	decided("balance.fields", Free,
		"the balance has balance, available, reserved and currency").follows(aFields),
	decided("balance.available", Free, "available is balance less reserved"),
	decided("balance.ussd", FakeOnly, "the USSD balance is not part of the balance"),
	inferred("pricing.list", Free, "pricing lists the price of an SMS segment per network"),
	decided("price.fields", Free,
		"a price has network, slug, country, price and currency").follows(aFields),
	decided("pricing.case", Free, "country counts in any case of letters"),
	decided("pricing.length", Free, "a country that has not two characters gets 422"),
	decided("pricing.empty", Free, "an empty country filters nothing"),
	decided("pricing.unserved", Free, "a country that is not served has no prices and no error"),
}
