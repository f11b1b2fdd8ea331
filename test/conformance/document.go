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

// Document is an OpenAPI 3.1 document that judges exchanges. It is safe for concurrent use.
type Document struct {
	model    *v3.Document
	incoming bool // it describes what the API sends by itself

	mu        *sync.Mutex // guards model and validators, which fill themselves in as they are read
	options   *config.ValidationOptions
	requests  validator.Validator
	responses validator.Validator
	schemas   schema_validation.SchemaValidator
}

// Load reads the document of this project, api/openapi.yaml.
func Load() (*Document, error) { return Parse(api.OpenAPI()) }

// Parse reads an OpenAPI 3.1 document. A reference that leads nowhere or in a circle is an error, as is any other version.
func Parse(text []byte) (*Document, error) {
	cfg := datamodel.NewDocumentConfiguration()
	cfg.Logger = slog.New(slog.DiscardHandler) // what it would log it returns as well
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
		return nil, fmt.Errorf("%d circular references, the first: %s", len(circles), circles[0].GenerateJourneyPath())
	}
	return newDocument(&built.Model, new(sync.Mutex)), nil
}

func newDocument(model *v3.Document, mu *sync.Mutex) *Document {
	common := []config.Option{
		config.WithFormatAssertions(), config.WithCustomFormat("uuid", checkUUID), config.WithCustomFormat("date-time", checkDateTime),
		config.WithRegexCache(&sync.Map{}),
	}
	strict := append([]config.Option{config.WithStrictMode(), config.WithStrictIgnoredHeaders(plainRequestHeaders...)}, common...)
	return &Document{
		model:     model,
		mu:        mu,
		options:   config.NewValidationOptions(common...),
		requests:  validator.NewValidatorFromV3Model(model, strict...),
		responses: validator.NewValidatorFromV3Model(model, common...),
		schemas:   schema_validation.NewSchemaValidator(common...),
	}
}

// Webhooks is the document of what the API sends by itself: its webhooks, each as a POST on /<name>.
func (d *Document) Webhooks() *Document {
	defer d.reading()()
	model := *d.model
	items := orderedmap.New[string, *v3.PathItem]()
	for name, item := range d.model.Webhooks.FromOldest() {
		items.Set("/"+name, item)
	}
	model.Paths, model.Webhooks, model.Servers = &v3.Paths{PathItems: items}, nil, nil
	hooks := newDocument(&model, d.mu) // they share schemas
	hooks.incoming = true
	return hooks
}

// reading takes the lock: defer d.reading()().
func (d *Document) reading() (done func()) {
	d.mu.Lock()
	return d.mu.Unlock
}

// plainRequestHeaders go without saying: the document does not describe them.
var plainRequestHeaders = []string{
	"Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "Host", "User-Agent",
}

// find gives the path item and the path template that a request is for.
func (d *Document) find(r *http.Request) (item *v3.PathItem, route string, ok bool) {
	item, errs, route := paths.FindPath(r, d.model, d.options)
	return item, route, item != nil && len(errs) == 0
}

// operation gives what the document says of a method on a path; nil if it knows none.
func operation(item *v3.PathItem, method string) *v3.Operation {
	return item.GetOperations().GetOrZero(strings.ToLower(method))
}

// judge tells how a value differs from a schema.
func (d *Document) judge(schema *base.Schema, value any) []string {
	ok, errs := d.schemas.ValidateSchemaObjectWithVersion(schema, value, 3.1)
	if ok {
		return nil
	}
	return reasons(errs)
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// checkUUID wants the version and variant bits of RFC 9562 as well, which strict decoders look at.
func checkUUID(value any) error {
	if text, ok := value.(string); ok && !uuidForm.MatchString(text) {
		return fmt.Errorf("%q is not a UUID of RFC 9562", text)
	}
	return nil
}

// checkDateTime wants RFC 3339, for dates that exist.
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
