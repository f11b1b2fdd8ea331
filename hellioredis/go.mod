module github.com/hellio-go/hellio/hellioredis

go 1.25

require (
	github.com/alicebob/miniredis/v2 v2.40.0
	github.com/hellio-go/hellio v0.0.0
	github.com/redis/go-redis/v9 v9.22.0
	github.com/stretchr/testify v1.12.1
)

replace github.com/hellio-go/hellio => ../
