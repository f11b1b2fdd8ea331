// Package browser tests hellio-fake's inbox in a real Chromium.
package browser
