package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/internal/list"
)

// flags are a command's, before, between and behind its arguments.
type flags struct {
	*flag.FlagSet
	args  []string
	given map[string]bool // flags by name
	usage string          // the arguments, for -help
}

// newFlags makes the flags of a command; usage names its arguments.
func newFlags(name, usage string) *flags {
	f := &flags{
		FlagSet: flag.NewFlagSet(name, flag.ContinueOnError),
		usage:   usage,
		given:   map[string]bool{},
	}
	f.SetOutput(io.Discard) // conclude writes the error, once and without all the flags
	f.Usage = func() {}
	return f
}

// parse reads a command line with at most so many arguments. For -help it
// writes the flags and returns flag.ErrHelp.
func (c *console) parse(f *flags, args []string, most int) error {
	for {
		err := f.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			usage := strings.TrimSpace(c.program + " " + f.Name() + " " + f.usage)
			fmt.Fprintf(c.out, "Usage: %s\n\n", usage)
			f.SetOutput(c.out)
			f.PrintDefaults()
			return err
		case err != nil:
			return misused("%v", err)
		case f.NArg() == 0:
			f.Visit(func(fl *flag.Flag) { f.given[fl.Name] = true })
			return nil
		case len(f.args) == most:
			return misused("unexpected argument; %s takes %d, and a flag's value with spaces "+
				"must be quoted", f.Name(), most)
		}
		f.args = append(f.args, f.Arg(0))
		args = f.Args()[1:]
	}
}

// listFlags say how the list is to be read.
type listFlags struct {
	column    string
	header    string
	separator string
	encoding  string
}

func (l *listFlags) add(f *flags) {
	f.StringVar(&l.column, "column", "", "`column` of the numbers: a header's name, or counted "+
		"from 1; needed if there are several")
	f.StringVar(&l.header, "header", "auto", "`answer` to whether the first line names the columns: "+
		"yes, no or auto")
	f.StringVar(&l.separator, "separator", "auto", "`separator` of columns: auto, comma, semicolon, "+
		"tab or a character")
	f.StringVar(&l.encoding, "encoding", "auto", "`encoding` of list and message file: "+
		"auto, utf-8, utf-16le, utf-16be or windows-1252")
}

// format checks the flags.
func (l *listFlags) format() (f list.Format, err error) {
	f.Column = l.column
	switch l.header {
	case "yes", "no":
		f.Header = list.Header(l.header)
	case "auto":
	default:
		return f, misused("-header must be yes, no or auto")
	}
	separators := map[string]rune{"auto": 0, "comma": ',', "semicolon": ';', "tab": '\t'}
	switch named, known := separators[l.separator]; {
	case known:
		f.Separator = named
	case utf8.RuneCountInString(l.separator) == 1:
		f.Separator, _ = utf8.DecodeRuneInString(l.separator)
	default:
		return f, misused("-separator must be auto, comma, semicolon, tab or one character")
	}
	switch e := list.Encoding(l.encoding); e {
	case list.UTF8, list.UTF16LE, list.UTF16BE, list.Windows1252:
		f.Encoding = e
	case "auto":
	default:
		return f, misused("-encoding must be auto, utf-8, utf-16le, utf-16be or windows-1252")
	}
	return f, nil
}

// batchFlags say what is sent.
type batchFlags struct {
	params      helliobulk.Params
	message     string
	messageFile string
	messageFrom string // a store
}

func (b *batchFlags) add(f *flags) {
	p := &b.params
	f.StringVar(&p.BatchID, "batch", "", "`id` that names the intention, such as fees-2026-05; "+
		"never use one for two (with -store, default a new one)")
	f.StringVar(&p.Store, "store", "", "`file` of the batch, made if it does not exist "+
		"(default the batch id with .batch)")
	f.StringVar(&p.Sender, "sender", "", "approved sender `name` (default HELLIO_DEFAULT_SENDER)")
	f.StringVar(&b.message, "message", "", "`text`; {{name}} is the column of that name")
	f.StringVar(&b.messageFile, "message-file", "", "`file` with the text")
	f.StringVar(&b.messageFrom, "message-from", "", "`store` of a batch with the same text, "+
		"sender, region and route")
	f.StringVar(&p.Region, "region", "", "`country` of numbers without a country code, such as GH")
	f.BoolVar(&p.Landlines, "landlines", false, "send to numbers that are not mobile as well")
	f.StringVar(&p.Gateway, "gateway", "", "`route` other than the account's own")
	f.Var((*paths)(&p.Except), "except", "`store` of another batch: leave out whom it reached, "+
		"take over whom it did not; may be repeated")
	f.IntVar(&p.ChunkSize, "chunk", 0, "`recipients` of one call, at most 10000 (default 500)")
}

// paths is a flag that may be repeated.
type paths []string

func (p *paths) String() string { return strings.Join(*p, " ") }

func (p *paths) Set(text string) error {
	*p = append(*p, text)
	return nil
}

// maxMessageFile is in bytes; 1600 characters need less.
const maxMessageFile = 64 << 10

// finish fills in what was left out, and reads the message.
func (b *batchFlags) finish(c *console, encoding list.Encoding) error {
	p := &b.params
	if p.Store == "" {
		if p.BatchID == "" || strings.ContainsAny(p.BatchID, `/\:`) {
			return misused("-store must name a file, or -batch an id that can be a file's name")
		}
		p.Store = p.BatchID + ".batch"
	}
	given := 0
	for _, from := range []string{b.message, b.messageFile, b.messageFrom} {
		if from != "" {
			given++
		}
	}
	if given != 1 {
		return misused("one of -message, -message-file and -message-from is needed")
	}
	if b.messageFrom != "" {
		return b.copyFrom()
	}
	if p.Sender == "" {
		p.Sender = c.getenv("HELLIO_DEFAULT_SENDER")
	}
	if p.Sender == "" {
		return misused("-sender or HELLIO_DEFAULT_SENDER is needed")
	}
	p.Message = b.message
	if b.messageFile == "" {
		return nil
	}
	file, err := os.Open(b.messageFile)
	if err != nil {
		return fmt.Errorf("-message-file: %w", err)
	}
	defer file.Close()
	if p.Message, err = list.Text(file, encoding, maxMessageFile); err != nil {
		return misused("-message-file: %v", err)
	}
	return nil
}

// copyFrom takes text, sender, region and route from another batch.
func (b *batchFlags) copyFrom() error {
	other, err := helliobulk.OpenReadOnly(b.messageFrom)
	if err != nil {
		return fmt.Errorf("-message-from: %w", err)
	}
	m := other.Manifest()
	b.params.Message = m.Message
	b.params.Sender = m.Sender
	b.params.Region = m.Region
	b.params.Gateway = m.Gateway
	b.params.Landlines = m.Landlines
	return other.Close()
}

// sendFlags say how it is sent.
type sendFlags struct {
	options helliobulk.Options
	yes     bool
	confirm string
	test    string
	window  string
	zone    string
}

func (s *sendFlags) add(f *flags) {
	o := &s.options
	f.IntVar(&o.Workers, "workers", 0, "`calls` at a time, at most 64 (default 4)")
	f.IntVar(&o.Pace, "pace", 0, "`calls` per minute, at most (default the rate limit)")
	f.DurationVar(&o.Grace, "grace", 0, "`time` that calls in flight have to end after Ctrl-C "+
		"(default 10s)")
	s.addShared(f)
}

// addShared adds what an enqueuer, who makes no such calls, decides as well.
func (s *sendFlags) addShared(f *flags) {
	o := &s.options
	f.BoolVar(&s.yes, "yes", false, "send without asking")
	f.StringVar(&s.test, "test", "", "`number` to which the first text is sent before the question")
	f.StringVar(&s.window, "window", "", "`hours` in which to send, such as 08:00-20:00")
	f.StringVar(&s.zone, "tz", "", "time `zone` of the window, such as Africa/Accra")
	f.StringVar(&s.confirm, "confirm", "", "the batch's `id`: send although an old plan may have "+
		"been sent by another copy of the store")
	addMargin(f, &o.Margin)
	f.BoolVar(&o.StartUnpaid, "start-unpaid", false, "begin although the balance does not cover "+
		"the highest price, or no price is known")
	f.BoolVar(&o.AcceptReplays, "accept-replays", false,
		"take stored answers as this batch's own: "+
			"its store was restored, or it is planned again because its store was lost")
	f.BoolVar(&o.AdoptToken, "adopt-token", false, "continue with another token of the same "+
		"account; chunks of unknown outcome then need review")
}

// finish checks the flags and reads the window.
func (s *sendFlags) finish() (err error) {
	if s.test != "" && s.yes {
		return misused("-test asks whether the message has arrived; leave -yes out")
	}
	if s.window != "" || s.zone != "" {
		if s.options.Window, err = helliobulk.ParseWindow(s.window, s.zone); err != nil {
			return err
		}
	}
	return s.options.Check()
}

func addMargin(f *flags, margin *time.Duration) {
	f.DurationVar(margin, "margin", 0, "`time` for which a chunk of unknown outcome may be sent "+
		"with its key (default 12h)")
}

func addJSON(f *flags, json *bool) {
	f.BoolVar(json, "json", false, "write a JSON object per line, for programs")
}

// client makes the client that the environment describes.
func (c *console) client(more ...hellio.Option) (*hellio.Client, error) {
	token := c.getenv("HELLIO_API_TOKEN")
	if token == "" {
		return nil, errNoToken
	}
	options := []hellio.Option{hellio.WithAppInfo("hellio-bulk", hellio.Version)}
	options = append(options, c.options...)
	if base := c.getenv("HELLIO_BASE_URL"); base != "" {
		options = append(options, hellio.WithBaseURL(base))
	}
	return hellio.NewClient(token, append(options, more...)...)
}
