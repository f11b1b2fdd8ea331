package helliotest

import "strings"

// network is a mobile network and its price of one SMS segment.
type network struct {
	name, slug, country string
	price               money
	prefixes            []string // of a number in international form
}

// segmentPrice is what a segment costs on every network (decided: the vendor's
// examples all show it).
const segmentPrice money = 310

// networks is never changed.
var networks = [...]network{
	{
		"MTN", "mtn", "GH", segmentPrice,
		[]string{"23324", "23325", "23353", "23354", "23355", "23359"},
	},
	{"Telecel", "telecel", "GH", segmentPrice, []string{"23320", "23350"}},
	{"AT", "at", "GH", segmentPrice, []string{"23326", "23327", "23356", "23357"}},
}

// priceOf is the price of one segment to a number.
func priceOf(number string) money {
	if n := networkOf(number); n != nil {
		return n.price
	}
	return segmentPrice
}

// networkOf is the network that a number began with, nil if it is none of them.
func networkOf(number string) *network {
	for i := range networks {
		for _, prefix := range networks[i].prefixes {
			if strings.HasPrefix(number, prefix) {
				return &networks[i]
			}
		}
	}
	return nil
}
