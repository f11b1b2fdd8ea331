// Package browser holds the tests of hellio-fake's inbox in a real Chromium.
package browser
