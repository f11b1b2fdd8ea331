module github.com/hellio-go/hellio/test/storm

go 1.25.0

require (
	github.com/hellio-go/hellio v0.1.0
	golang.org/x/net v0.50.0
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/warthog618/sms v0.3.0 // indirect
	golang.org/x/text v0.34.0 // indirect
)
