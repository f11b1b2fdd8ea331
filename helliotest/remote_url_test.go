package helliotest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAProgramIsDialledByItsURLAlone(t *testing.T) {
	t.Parallel()
	for url, root := range map[string]string{
		"http://127.0.0.1:8420":     "http://127.0.0.1:8420",
		"http://127.0.0.1:8420/v1/": "http://127.0.0.1:8420",
		"https://fake.example/v1":   "https://fake.example",
		"https://fake.example/":     "https://fake.example",
		"ftp://fake.example":        "",
		"//fake.example":            "",
		"fake.example":              "",
		"http:///v1":                "",
		"http://fake.example/v2":    "",
		"http://fake.example/v1/v1": "",
		"http://fake.example/?a=b":  "",
		"http://[fake.example":      "",
		"":                          "",
	} {
		got, err := programRoot(url)
		require.Equal(t, root, got, url)
		require.Equal(t, root == "", err != nil, url)
	}
	_, err := programRoot("http://me:secret@fake.example/v2")
	require.EqualError(t, err,
		`"http://me:xxxxx@fake.example/v2" is not the URL of a program,`+
			` such as http://127.0.0.1:8420`)
}
