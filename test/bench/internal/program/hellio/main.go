// Command hellio sends one SMS through this module's client.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hellio-go/hellio"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Println("usage: hellio TOKEN")
		return
	}
	client, err := hellio.NewClient(os.Args[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	sent, err := client.SMS.Send(context.Background(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "HELLIO",
		Message:    "hello, world",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sent.Reference)
}
