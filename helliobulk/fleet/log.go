package fleet

import (
	"fmt"
	"log/slog"
)

// quiet is a slog.Logger for asynq, which names tasks by their ids alone.
type quiet struct{ log *slog.Logger }

func (q quiet) Debug(args ...any) { q.log.Debug(fmt.Sprint(args...)) }
func (q quiet) Info(args ...any)  { q.log.Info(fmt.Sprint(args...)) }
func (q quiet) Warn(args ...any)  { q.log.Warn(fmt.Sprint(args...)) }
func (q quiet) Error(args ...any) { q.log.Error(fmt.Sprint(args...)) }

// Fatal logs as Error does: a library does not end its caller's process.
func (q quiet) Fatal(args ...any) { q.log.Error(fmt.Sprint(args...)) }
