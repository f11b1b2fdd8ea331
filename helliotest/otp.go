package helliotest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/gsm7"
)

// The defaults of a code (decided; the vendor's shop plugins ask for the same).
const (
	defaultOTPLength = 6 // digits
	defaultOTPExpiry = 5 // minutes
)

// The channels of a code.
const (
	channelSMS      = "sms"
	channelVoice    = "voice"
	channelWhatsApp = "whatsapp"
	channelEmail    = "email"
)

func otpRoutes() []apiRoute {
	return []apiRoute{
		{op: contract.OTPSend, handle: sendOTP, limit: otpLimit},
		{op: contract.OTPVerify, handle: verifyOTP},
	}
}

// otpOrder holds the fields of otp/send.
type otpOrder struct {
	channel, to, sender string
	length, expiry      int
}

func sendOTP(w *world, c *apiCall) *reply {
	form := c.form()
	order := form.otpOrder()
	valid := true
	if order.channel != channelEmail {
		order.to, valid = c.number(order.to)
		valid = valid && magicOf(order.to) != magicInvalid
	}
	// a code has the price of any other: its text is one segment
	cost := func() money { return order.message("").Cost }
	if bad := c.refusal(form,
		checkStep{"fields", form.reject},
		checkStep{"sender", func() *reply { return w.checkCodeSender(&order) }},
		checkStep{"recipient", refuseIf(!valid, refuse(http.StatusUnprocessableEntity,
			contract.CodeInvalidRecipient, "The mobile number is not valid."))},
		checkStep{"spend_limit", func() *reply { return w.overLimit(cost()) }},
		checkStep{"balance", func() *reply { return w.overBalance(cost()) }},
	); bad != nil {
		return bad
	}
	code := w.newCode(order.to, order.length)
	carrier := order.message(code)
	carrier.origin = c.log
	carrier.Doomed = c.carrierFails(order.to)
	w.charge(c, carrier.Cost)
	batch := []messageRow{carrier}
	w.addMessages(batch)
	w.carry(batch, batch[0].Created, func(time.Time) {})
	w.otps.put(&oneTimeCode{
		To:      destinationKey(order.to),
		Code:    code,
		Expires: w.clock.Now().Add(time.Duration(order.expiry) * time.Minute),
	})
	w.evictCodes()
	return okReply(http.StatusCreated, order.accepted(&batch[0]))
}

// checkCodeSender refuses a sender that the channel shows and that is not
// approved.
func (w *world) checkCodeSender(order *otpOrder) *reply {
	if !order.named() {
		return nil
	}
	return w.checkSender(order.sender)
}

// otpOrder reads the fields of otp/send.
func (f *bodyForm) otpOrder() (o otpOrder) {
	rules := &f.c.e.cfg.follow
	o.channel = f.oneOf("channel", channelSMS, channelSMS, channelVoice, channelWhatsApp,
		channelEmail)
	o.to = f.destination(o.channel)
	if o.named() {
		o.sender = f.text("sender", contract.MaxSenderLength)
	} else {
		f.optional("sender", contract.MaxSenderLength)
	}
	o.length = f.integer("length", contract.MinOTPLength, contract.MaxOTPLength, rules.otpLength)
	o.expiry = f.integer("expiry", contract.MinOTPExpiry, contract.MaxOTPExpiry, rules.otpExpiry)
	f.optional("purpose", contract.MaxOTPPurpose)
	f.optional("gateway", 0)
	return o
}

// named reports whether the channel shows a sender's name.
func (o *otpOrder) named() bool { return o.channel == channelSMS || o.channel == channelVoice }

// destination reads mobile_number or email, as the channel needs; the other is
// ignored. An unknown channel needs neither, because it is an error already.
func (f *bodyForm) destination(channel string) string {
	switch channel {
	case channelEmail:
		f.optional("mobile_number", contract.MaxNumberLength)
		return f.email("email")
	case channelSMS, channelVoice, channelWhatsApp:
		f.optional("email", 0)
		return f.text("mobile_number", contract.MaxNumberLength)
	}
	f.optional("email", 0)
	return f.optional("mobile_number", contract.MaxNumberLength)
}

// email reads a required e-mail address.
func (f *bodyForm) email(name string) string {
	before := f.count
	address := f.text(name, 0)
	if f.count == before && !isAddress(address) {
		f.fail(name, "The :field field must be a valid email address.")
	}
	return address
}

// message is what carries a code. The code comes first in its text, which is
// GSM-7 and one segment.
func (o *otpOrder) message(code string) messageRow {
	minutes := "minutes"
	if o.expiry == 1 {
		minutes = "minute"
	}
	text := fmt.Sprintf("%s is your verification code. It expires in %d %s.", code, o.expiry,
		minutes)
	segments := gsm7.Segments(text)
	return messageRow{messageState: messageState{
		Channel:  o.channel,
		To:       o.to,
		Sender:   o.sender,
		Text:     text,
		Segments: segments,
		Cost:     priceOf(o.to) * money(segments),
	}}
}

// accepted is the answer to otp/send.
func (o *otpOrder) accepted(m *messageRow) any {
	type body struct {
		Reference        string `json:"reference"`
		MobileNumber     string `json:"mobile_number,omitempty"`
		Email            string `json:"email,omitempty"`
		ExpiresInMinutes int    `json:"expires_in_minutes"`
		Status           string `json:"status"`
	}
	b := body{Reference: m.Reference.String(), ExpiresInMinutes: o.expiry, Status: m.Status}
	if o.channel == channelEmail {
		b.Email = o.to
	} else {
		b.MobileNumber = o.to
	}
	return b
}

func verifyOTP(w *world, c *apiCall) *reply {
	form := c.form()
	code := form.text("code", 0)
	to := form.verified()
	if bad := form.reject(); bad != nil {
		return bad
	}
	type verdict struct {
		Verified bool   `json:"verified"`
		Status   string `json:"status"`
	}
	status := w.otps.try(to, code, w.e.cfg.follow.otpTries, w.clock.Now())
	if status == otpVerified {
		return okReply(http.StatusOK, verdict{true, status})
	}
	return okReply(http.StatusUnprocessableEntity, verdict{false, status})
}

// verified reads the destination whose code is to be checked.
func (f *bodyForm) verified() string {
	switch channel := f.oneOf("channel", "", channelSMS, channelVoice, channelWhatsApp,
		channelEmail); {
	case channel != "":
		return f.destination(channel)
	case f.has("mobile_number"):
		return f.destination(channelSMS)
	case f.has("email"):
		return f.destination(channelEmail)
	}
	f.fail("mobile_number", "The :field field is required when email is not present.")
	return ""
}
