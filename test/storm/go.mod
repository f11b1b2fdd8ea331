module github.com/hellio-go/hellio/test/storm

go 1.25.0

require (
	github.com/hellio-go/hellio v0.1.0
	github.com/stretchr/testify v1.12.1
	golang.org/x/net v0.56.0
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/text v0.39.0 // indirect
)
