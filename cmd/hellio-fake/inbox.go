package main

import (
	"embed"
	"mime"
	"net/http"
	"path"
	"slices"
)

// The page is plain HTML, CSS and ES modules: what is served is what is here.
//
//go:embed web
var web embed.FS

// inboxPolicy lets the page load and call this program alone, and run no script
// or style that is not a file of it: a message's text comes from others.
const inboxPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src " +
	"'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// inboxRoutes are the page, and what it needs besides the control API. The page
// needs no token; it reads the worlds' tokens and sends them in a header.
func inboxRoutes(worlds *worldSet) []route {
	return []route{
		{
			method: http.MethodGet,
			path:   "/",
			query: []string{
				"world", "view", "id", "after", "to", "contains", "channel", "op", "status",
				"violation", "fault", "follow",
			},
			open:   true,
			handle: getInbox,
		},
		{method: http.MethodGet, path: "/inbox/static/{file}", open: true, handle: getStatic},
		{method: http.MethodGet, path: "/inbox/worlds", open: true, handle: worlds.getWorlds},
		{method: http.MethodGet, path: "/inbox/state", handle: worlds.getState},
		{
			method: http.MethodGet,
			path:   "/inbox/messages",
			query:  append(slices.Clone(pageParameters), "to", "contains", "channel"),
			handle: worlds.getInboxMessages,
		},
		{method: http.MethodGet, path: "/inbox/messages/{id}", handle: getInboxMessage},
		{
			method: http.MethodGet,
			path:   "/inbox/requests",
			query: append(slices.Clone(pageParameters),
				"op", "status", "violation", "fault", "contains"),
			handle: worlds.getInboxRequests,
		},
		{method: http.MethodGet, path: "/inbox/requests/{id}", handle: getInboxRequest},
		{method: http.MethodGet, path: "/inbox/account", handle: worlds.getInboxAccount},
		{method: http.MethodGet, path: "/inbox/webhooks", handle: getInboxWebhooks},
		{method: http.MethodGet, path: "/inbox/ussd", handle: getInboxUSSD},
	}
}

// getInbox answers with the page. Its parameters are the page's own.
func getInbox(rw http.ResponseWriter, _ *http.Request, _ *world) error {
	return serveFile(rw, "index.html")
}

func getStatic(rw http.ResponseWriter, r *http.Request, _ *world) error {
	return serveFile(rw, r.PathValue("file"))
}

func serveFile(rw http.ResponseWriter, name string) error {
	if name != path.Base(name) {
		return notFound("file")
	}
	text, err := web.ReadFile("web/" + name)
	if err != nil {
		return notFound("file")
	}
	header := rw.Header()
	header.Set("Content-Type", contentType(name))
	// the next version of the program may listen on the same port
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", inboxPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	_, _ = rw.Write(text) // a reader that has gone is no concern of ours
	return nil
}

// contentType goes by the few kinds of files that the page has: the machine's
// own table may say something else of .js.
func contentType(name string) string {
	kinds := map[string]string{
		".html": "text/html",
		".css":  "text/css",
		".js":   "text/javascript",
		".svg":  "image/svg+xml",
	}
	return mime.FormatMediaType(kinds[path.Ext(name)], map[string]string{"charset": "utf-8"})
}
