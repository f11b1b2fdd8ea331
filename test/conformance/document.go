package conformance

import (
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/paths"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"

	"github.com/hellio-go/hellio/api"
)

// Document is an OpenAPI 3.1 document that checks exchanges. It is safe for
// concurrent use.
type Document struct {
	model    *v3.Document
	incoming bool // it describes the requests that the API sends

	mu        *sync.Mutex // guards model and validators, which are built lazily
	options   *config.ValidationOptions
	requests  validator.Validator
	responses validator.Validator
	schemas   schema_validation.SchemaValidator
}

// Load reads the document of this project, api/openapi.yaml.
func Load() (*Document, error) { return Parse(api.OpenAPI()) }

// Parse reads an OpenAPI 3.1 document. It returns an error for another version
// and for a reference that is circular or has no target.
func Parse(text []byte) (*Document, error) {
	cfg := datamodel.NewDocumentConfiguration()
	cfg.Logger = slog.New(slog.DiscardHandler) // it also returns what it logs
	doc, err := libopenapi.NewDocumentWithConfiguration(text, cfg)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(doc.GetVersion(), "3.1.") {
		return nil, fmt.Errorf("version %q, want 3.1", doc.GetVersion())
	}
	built, err := doc.BuildV3Model()
	if err != nil {
		return nil, err
	}
	if circles := built.Index.GetCircularReferences(); len(circles) > 0 {
		return nil, fmt.Errorf("%d circular references, the first: %s", len(circles),
			circles[0].GenerateJourneyPath())
	}
	return newDocument(&built.Model, new(sync.Mutex)), nil
}

func newDocument(model *v3.Document, mu *sync.Mutex) *Document {
	common := []config.Option{
		config.WithFormatAssertions(),
		config.WithCustomFormat("uuid", checkUUID),
		config.WithCustomFormat("date-time", checkDateTime),
		config.WithRegexCache(&sync.Map{}),
	}
	strict := append([]config.Option{
		config.WithStrictMode(),
		config.WithStrictIgnoredHeaders(plainRequestHeaders...),
	}, common...)
	return &Document{
		model:     model,
		mu:        mu,
		options:   config.NewValidationOptions(common...),
		requests:  validator.NewValidatorFromV3Model(model, strict...),
		responses: validator.NewValidatorFromV3Model(model, common...),
		schemas:   schema_validation.NewSchemaValidator(common...),
	}
}

// Webhooks returns a document of the requests that the API sends. Each webhook
// of d is a POST on /<name> there.
func (d *Document) Webhooks() *Document {
	defer d.reading()()
	model := *d.model
	items := orderedmap.New[string, *v3.PathItem]()
	for name, item := range d.model.Webhooks.FromOldest() {
		items.Set("/"+name, item)
	}
	model.Paths = &v3.Paths{PathItems: items}
	model.Webhooks = nil
	model.Servers = nil
	hooks := newDocument(&model, d.mu) // both documents share schemas
	hooks.incoming = true
	return hooks
}

// reading locks the document and returns the function that unlocks it.
func (d *Document) reading() (done func()) {
	d.mu.Lock()
	return d.mu.Unlock
}

// plainRequestHeaders are the headers of every request, which the document does
// not describe.
var plainRequestHeaders = []string{
	"Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type",
	"Host", "User-Agent",
}

// find returns the path item and the path template of a request.
func (d *Document) find(r *http.Request) (item *v3.PathItem, route string, ok bool) {
	item, errs, route := paths.FindPath(r, d.model, d.options)
	return item, route, item != nil && len(errs) == 0
}

// operation returns the operation of a method on a path, or nil.
func operation(item *v3.PathItem, method string) *v3.Operation {
	return item.GetOperations().GetOrZero(strings.ToLower(method))
}

// validate returns the differences between a value and a schema.
func (d *Document) validate(schema *base.Schema, value any) []string {
	ok, errs := d.schemas.ValidateSchemaObjectWithVersion(schema, value, 3.1)
	if ok {
		return nil
	}
	return reasons(errs)
}

var uuidForm = regexp.MustCompile(
	`^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// checkUUID also requires the version and variant bits of RFC 9562, because
// strict decoders check them.
func checkUUID(value any) error {
	if text, ok := value.(string); ok && !uuidForm.MatchString(text) {
		return fmt.Errorf("%q is not a UUID of RFC 9562", text)
	}
	return nil
}

// checkDateTime requires RFC 3339 and a date that exists.
func checkDateTime(value any) error {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	if _, err := time.Parse(time.RFC3339, text); err != nil {
		return fmt.Errorf("%q is not a date-time", text)
	}
	return nil
}
