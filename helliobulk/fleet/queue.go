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
	taskType    = "hellio:bulk:chunk"
	taskTimeout = time.Hour // a call waits for its turn, is retried by the client, and ends long before
	noLimit     = 1 << 30   // retries: what ends them is the margin
)

// payload is a task's: a job, and the run of Redis that it was given to.
type payload struct {
	helliobulk.Job
	Run string `json:"run"`
}

// queue is the asynq queue of one token at one address, which all its batches share. Stopping it stops whatever the token is used for.
type queue struct {
	redis     redis.UniversalClient
	name      string
	inspector *asynq.Inspector
}

// newQueue names the queue after address and token; of the latter Redis gets to know the fingerprint.
func newQueue(rdb redis.UniversalClient, baseURL, account string) *queue {
	sum := sha256.Sum256([]byte(baseURL))
	return &queue{rdb, "hellio-bulk-" + account + "-" + hex.EncodeToString(sum[:4]), asynq.NewInspectorFromRedisClient(rdb)}
}

func queueOf(ctx context.Context, client *hellio.Client, rdb redis.UniversalClient) (*queue, error) {
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

// key is one of ours; the braces keep it on the node of a cluster that has the queue.
func (q *queue) key(name string) string { return "hellio:bulk:{" + q.name + "}:" + name }

func (q *queue) ledger(batchID string) *ledger {
	return &ledger{redis: q.redis, hash: q.key("ledger:" + batchID), news: q.key("news:" + batchID)}
}

// run names this run of the Redis server. After a restart it is another, and the last second may be lost. "" if the server does not tell.
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

// put makes a task of a job, unless it is one already. A task of an earlier hand-out, or one that has ended, gives way to it; one that a
// worker has in its hands stays, and the job is put there another time.
func (q *queue) put(ctx context.Context, client *asynq.Client, p payload) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	task := asynq.NewTask(taskType, text)
	for range 5 { // the task that is in the way may be taken, or end, at any moment
		_, err = client.EnqueueContext(ctx, task, asynq.TaskID(p.Chunk.Key), asynq.Queue(q.name), asynq.MaxRetry(noLimit),
			asynq.Timeout(taskTimeout), asynq.Retention(p.Margin))
		if !errors.Is(err, asynq.ErrTaskIDConflict) {
			return err
		}
		if stays, err := q.standing(p); stays || err != nil {
			return err
		}
		if failed := q.inspector.DeleteTask(q.name, p.Chunk.Key); failed != nil && !gone(failed) {
			err = failed
		}
	}
	return err
}

// standing reports whether the task that has the job's id is as good as the job.
func (q *queue) standing(p payload) (bool, error) {
	info, err := q.inspector.GetTaskInfo(q.name, p.Chunk.Key)
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch info.State {
	case asynq.TaskStateActive:
		return true, nil
	case asynq.TaskStateCompleted, asynq.TaskStateArchived:
		return false, nil
	}
	var there payload
	same := json.Unmarshal(info.Payload, &there) == nil && there.Record.Handout() == p.Record.Handout()
	return same, nil
}

func gone(err error) bool {
	return errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound)
}

// idle reports whether no task waits, is worked on or is to be tried again.
func (q *queue) idle() (bool, error) {
	info, err := q.inspector.GetQueueInfo(q.name)
	if gone(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return info.Pending+info.Active+info.Scheduled+info.Retry == 0, nil
}

// Stopped says why a fleet was stopped.
type Stopped struct {
	Reason string    `json:"reason"` // without number or text
	Status int       `json:"status"` // HTTP status; 0: none
	At     time.Time `json:"at"`
	Worker string    `json:"worker"`
}

// Error says what to do.
func (s *Stopped) Error() string {
	return fmt.Sprintf("the fleet was stopped at %s by %s: %s; its tasks are kept: mend the cause, then enqueue the batch again",
		s.At.Format(time.RFC3339), s.Worker, s.Reason)
}

// stop keeps every worker from taking another task.
func (q *queue) stop(ctx context.Context, s Stopped) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := q.redis.Set(ctx, q.key("stopped"), text, ledgerLife).Err(); err != nil {
		return err
	}
	if err := q.inspector.PauseQueue(q.name); err != nil && !strings.Contains(err.Error(), "already paused") {
		return err
	}
	return nil
}

// startText deletes a stop unless it is another one by now.
const startText = `if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end redis.call('DEL', KEYS[1]) return 1`

var startScript = redis.NewScript(startText)

// start undoes the stop that was read before, "" if there was none. One that has come since then stays.
func (q *queue) start(ctx context.Context, before string) error {
	started, err := startScript.Run(ctx, q.redis, []string{q.key("stopped")}, before).Int()
	if err != nil || started == 0 {
		return err
	}
	if err := q.inspector.UnpauseQueue(q.name); err != nil && !strings.Contains(err.Error(), "not paused") {
		return err
	}
	return nil
}

// readStop gives the last stop as it is stored; "" if there is none.
func (q *queue) readStop(ctx context.Context) (string, error) {
	text, err := q.redis.Get(ctx, q.key("stopped")).Result()
	if err == redis.Nil {
		return "", nil
	}
	return text, err
}

// stopped gives the reason of the last stop; nil if there is none.
func (q *queue) stopped(ctx context.Context) (*Stopped, error) {
	text, err := q.readStop(ctx)
	if err != nil || text == "" {
		return nil, err
	}
	var s Stopped
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fmt.Errorf("the reason of the stop can't be read: %w", err)
	}
	return &s, nil
}
