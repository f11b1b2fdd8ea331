// Command plain sends one SMS through net/http and encoding/json alone.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Println("usage: plain TOKEN")
		return
	}
	reference, err := send(os.Args[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reference)
}

func send(token string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"recipients": []string{"+233209990001"},
		"sender":     "HELLIO",
		"message":    "hello, world",
	})
	if err != nil {
		return "", err
	}
	const url = "https://api.helliomessaging.com/v1/sms/send"
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var result struct {
		Data struct {
			Reference string `json:"reference"`
		} `json:"data"`
	}
	err = json.NewDecoder(resp.Body).Decode(&result)
	return result.Data.Reference, err
}
