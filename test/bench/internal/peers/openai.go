package peers

import (
	"context"
	"errors"
	"net/http"

	"github.com/openai/openai-go"
	"github.com/openai/openai-go/option"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

const (
	completionID = "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT"
	fileID       = "file-XjGxS3KTG0uNmNOK362iJua3"
)

// openaiGo creates a chat completion and reads the description of a file.
func openaiGo() Peer {
	return Peer{
		Name: "openai-go v1",
		PostReply: wire.Reply{
			Status: http.StatusOK,
			Body: `{"id":"` + completionID + `","object":"chat.completion","created":1772600767,` +
				`"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant",` +
				`"content":"Yes, it will."},"finish_reason":"stop"}],` +
				`"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}}`,
		},
		GetReply: wire.Reply{
			Status: http.StatusOK,
			Body: `{"id":"` + fileID + `","object":"file","bytes":120000,"created_at":1772600767,` +
				`"expires_at":1772687167,"filename":"parcels-that-left-kumasi-this-morning.jsonl",` +
				`"purpose":"fine-tune","status":"processed","status_details":"` + text + `"}`,
		},
		RefusedReply: wire.Reply{
			Status: http.StatusUnprocessableEntity,
			Body: `{"error":{"message":"Invalid value for 'model'.",` +
				`"type":"invalid_request_error","param":"model","code":"invalid_value"}}`,
		},
		PostResult: completionID,
		GetResult:  fileID,
		Refused: func(err error) bool {
			var failure *openai.Error
			return errors.As(err, &failure) &&
				failure.StatusCode == http.StatusUnprocessableEntity && failure.Param == "model"
		},
		Connect: connectOpenAI,
	}
}

func connectOpenAI(t Target) (Calls, error) {
	opts := []option.RequestOption{option.WithAPIKey("sk-123"), option.WithHTTPClient(t.HTTPClient)}
	if t.BaseURL != "" {
		opts = append(opts, option.WithBaseURL(t.BaseURL))
	}
	client := openai.NewClient(opts...)
	return Calls{
		Post: func(ctx context.Context) (string, error) {
			completion, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
				Model:    openai.ChatModelGPT4oMini,
				Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(text)},
			})
			if err != nil {
				return "", err
			}
			return completion.ID, nil
		},
		Get: func(ctx context.Context) (string, error) {
			file, err := client.Files.Get(ctx, fileID)
			if err != nil {
				return "", err
			}
			return file.ID, nil
		},
	}, nil
}
