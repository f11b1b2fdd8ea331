module github.com/hellio-go/hellio/test/bench

go 1.25.0

require (
	github.com/google/go-github/v74 v74.0.0
	github.com/hashicorp/go-retryablehttp v0.7.8
	github.com/hellio-go/hellio v0.1.0
	github.com/openai/openai-go v1.12.0
	github.com/resend/resend-go/v2 v2.28.0
	github.com/stripe/stripe-go/v82 v82.5.1
	github.com/twilio/twilio-go v1.31.0
)

require (
	github.com/golang/mock v1.6.0 // indirect
	github.com/google/go-querystring v1.1.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/tidwall/gjson v1.14.4 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
)
