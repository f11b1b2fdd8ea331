package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

const (
	taskType = "hellio:bulk:chunk"
	// a call waits for its turn, is retried by the client, and ends long before
	taskTimeout = time.Hour
	noLimit     = 1 << 30 // retries: what ends them is the margin
)

// payload is a task's: a job, and the run of Redis that it was given to.
type payload struct {
	helliobulk.Job
	Run string `json:"run"`
}

// queue is the asynq queue of one token at one address, which all its batches
// share. Stopping it stops whatever the token is used for.
type queue struct {
	redis     redis.UniversalClient
	name      string
	inspector *asynq.Inspector
}

// newQueue names the queue after address and token; of the latter Redis gets to
// know the fingerprint.
func newQueue(rdb redis.UniversalClient, baseURL, account string) *queue {
	sum := sha256.Sum256([]byte(baseURL))
	return &queue{rdb, "hellio-bulk-" + account + "-" + hex.EncodeToString(sum[:4]),
		asynq.NewInspectorFromRedisClient(rdb)}
}

func queueOf(ctx context.Context, client *hellio.Client, rdb redis.UniversalClient) (*queue,
	error) {
	switch {
	case client == nil:
		return nil, &hellio.ParamError{Field: "client", Given: "nil", Allowed: "a *hellio.Client"}
	case rdb == nil:
		return nil, noRedisClient()
	}
	account, err := client.Fingerprint(ctx)
	if err != nil {
		return nil, err
	}
	return newQueue(rdb, client.BaseURL(), account), nil
}

func noRedisClient() error {
	return &hellio.ParamError{Field: "redis client", Given: "nil", Allowed: "a go-redis client"}
}

// key is one of ours; the braces keep it on the node of a cluster that has the
// queue.
func (q *queue) key(name string) string { return "hellio:bulk:{" + q.name + "}:" + name }

func (q *queue) ledger(batchID string) *ledger {
	return &ledger{
		redis:    q.redis,
		hash:     q.key("ledger:" + batchID),
		news:     q.key("news:" + batchID),
		refusals: q.key("refusals:" + batchID),
	}
}

// run names this run of the Redis server. After a restart it is another, and
// the last second may be lost. "" if the server does not report it.
func (q *queue) run(ctx context.Context) (string, error) {
	var node redis.Cmdable = q.redis
	if cluster, ok := q.redis.(*redis.ClusterClient); ok {
		master, err := cluster.MasterForKey(ctx, q.key("stopped"))
		if err != nil {
			return "", err
		}
		node = master
	}
	info, err := node.Info(ctx, "server").Result()
	var refusal redis.Error
	if errors.As(err, &refusal) && !strings.HasPrefix(refusal.Error(), "LOADING") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(info, "run_id:")
	id, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(id), nil
}

// put makes a task of a job, unless it is one already. It replaces a task of an
// earlier dispatch, or one that has ended; one that a worker has stays, and the
// job is put there another time.
func (q *queue) put(ctx context.Context, client *asynq.Client, p payload) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	task := asynq.NewTask(taskType, text)
	for range 5 { // the task that is in the way may be taken, or end, at any moment
		_, err = client.EnqueueContext(ctx, task, asynq.Queue(q.name), asynq.TaskID(p.Chunk.Key),
			asynq.MaxRetry(noLimit), asynq.Timeout(taskTimeout), asynq.Retention(p.Margin))
		if !errors.Is(err, asynq.ErrTaskIDConflict) {
			return err
		}
		if stays, err := q.inQueue(ctx, p); stays || err != nil {
			return err
		}
		if failed := q.inspector.DeleteTask(q.name, p.Chunk.Key); failed != nil && !gone(failed) {
			err = failed
		}
	}
	return err
}

// inQueue reports whether the task that has the job's id is as good as the
// job.
func (q *queue) inQueue(ctx context.Context, p payload) (bool, error) {
	info, err := q.inspector.GetTaskInfo(q.name, p.Chunk.Key)
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch info.State {
	case asynq.TaskStateActive:
		orphan, err := q.removeOrphan(ctx, p.Chunk.Key)
		return !orphan, err
	case asynq.TaskStateCompleted, asynq.TaskStateArchived:
		return false, nil
	}
	var there payload
	err = json.Unmarshal(info.Payload, &there)
	return err == nil && there.Record.Dispatch() == p.Record.Dispatch(), nil
}

// orphanText deletes a task that is active without a lease. Asynq finds tasks
// of workers that died by their leases, so it never recovers this one
// (hibiken/asynq#1144). KEYS: task, active list, leases. ARGV: task id.
const orphanText = `
if redis.call('HGET', KEYS[1], 'state') ~= 'active' or redis.call('ZSCORE', KEYS[3], ARGV[1]) then
	return 0
end
redis.call('LREM', KEYS[2], 0, ARGV[1])
return redis.call('DEL', KEYS[1])`

var orphanScript = redis.NewScript(orphanText)

// removeOrphan deletes the task if no worker can have it.
func (q *queue) removeOrphan(ctx context.Context, id string) (removed bool, err error) {
	keys := []string{q.asynqKey("t:" + id), q.asynqKey("active"), q.asynqKey("lease")}
	n, err := orphanScript.Run(ctx, q.redis, keys, id).Int()
	return n > 0, err
}

// asynqKey returns one of asynq's own keys.
func (q *queue) asynqKey(name string) string { return "asynq:{" + q.name + "}:" + name }

func gone(err error) bool {
	return errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound)
}

// idle reports whether no task waits, is worked on or is to be tried again. A
// task that is active without a lease is not worked on.
func (q *queue) idle(ctx context.Context) (bool, error) {
	info, err := q.inspector.GetQueueInfo(q.name)
	if gone(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	leases, err := q.redis.ZCard(ctx, q.asynqKey("lease")).Result()
	return info.Pending+info.Scheduled+info.Retry+int(leases) == 0, err
}

// Stopped says why a fleet was stopped, or one batch of it.
type Stopped struct {
	Reason string    `json:"reason"` // without number or text
	Status int       `json:"status"` // HTTP status; 0: none
	Code   string    `json:"code,omitempty"`
	At     time.Time `json:"at"`
	Worker string    `json:"worker"`
	Batch  string    `json:"batch,omitempty"` // the batch that was stopped; "": the fleet
}

// Error returns the reason.
func (s *Stopped) Error() string {
	what := "the fleet"
	if s.Batch != "" {
		what = "batch " + s.Batch
	}
	return fmt.Sprintf("%s was stopped at %s by %s: %s; its tasks are kept",
		what, s.At.Format(time.RFC3339), s.Worker, s.Reason)
}

// codeReused is the code of a stop by the enqueuer.
const codeReused = "batch_reused"

// Is matches helliobulk.ErrBatchReused if the batch's id was used before, and
// helliobulk.ErrRefusedAlike if chunks that were refused alike stopped it.
func (s *Stopped) Is(target error) bool {
	switch {
	case s.Batch == "":
		return false
	case s.Code == codeReused:
		return target == helliobulk.ErrBatchReused
	default:
		return target == helliobulk.ErrRefusedAlike
	}
}

// stopKey is where a stop is kept: of a batch, or "" for the fleet's.
func (q *queue) stopKey(batchID string) string {
	if batchID == "" {
		return q.key("stopped")
	}
	return q.key("stopped:" + batchID)
}

// stop keeps every worker from taking another task, or from sending another
// chunk of one batch.
func (q *queue) stop(ctx context.Context, s Stopped) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	err = q.redis.Set(ctx, q.stopKey(s.Batch), text, ledgerLife).Err()
	if err != nil || s.Batch != "" {
		return err
	}
	err = q.inspector.PauseQueue(q.name)
	if err != nil && !strings.Contains(err.Error(), "already paused") {
		return err
	}
	return nil
}

// startText deletes a stop unless it is another one by now.
const startText = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
	return 0
end
redis.call('DEL', KEYS[1])
return 1`

var startScript = redis.NewScript(startText)

// start undoes the stop that was read before, "" if there was none. One that
// has come since then stays.
func (q *queue) start(ctx context.Context, batchID, before string) error {
	started, err := startScript.Run(ctx, q.redis, []string{q.stopKey(batchID)}, before).Int()
	if err != nil || started == 0 || batchID != "" {
		return err
	}
	err = q.inspector.UnpauseQueue(q.name)
	if err != nil && !strings.Contains(err.Error(), "not paused") {
		return err
	}
	return nil
}

// readStop returns the last stop as it is stored; "" if there is none.
func (q *queue) readStop(ctx context.Context, batchID string) (string, error) {
	text, err := q.redis.Get(ctx, q.stopKey(batchID)).Result()
	if err == redis.Nil {
		return "", nil
	}
	return text, err
}

// stopped returns the last stop of a batch, or of the fleet for ""; nil if
// there is none.
func (q *queue) stopped(ctx context.Context, batchID string) (*Stopped, error) {
	text, err := q.readStop(ctx, batchID)
	if err != nil || text == "" {
		return nil, err
	}
	var s Stopped
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fmt.Errorf("the reason of the stop cannot be read: %w", err)
	}
	return &s, nil
}
