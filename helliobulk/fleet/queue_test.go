package fleet

import (
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

func TestOnlyAnEndedTaskIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.Delay(3*time.Second))
	q := w.queue()
	var job helliobulk.Job
	_, err := w.batch.Dispatch(t.Context(), w.client, helliobulk.Options{}, 0,
		func(j helliobulk.Job) error { job = j; return nil })
	require.NoError(t, err)
	put := func() *asynq.QueueInfo {
		t.Helper()
		require.NoError(t,
			q.put(t.Context(), asynq.NewClientFromRedisClient(w.rdb), payload{Job: job}))
		info, err := q.inspector.GetQueueInfo(q.name)
		require.NoError(t, err)
		require.Equal(t, 1, info.Size)
		return info
	}
	for range 2 {
		require.Equal(t, 1, put().Pending)
	}
	require.NoError(t, q.inspector.ArchiveTask(q.name, job.Chunk.Key))
	require.Equal(t, 1, put().Pending)
	end := w.work(WorkOptions{})
	require.Eventually(t, func() bool {
		info, err := q.inspector.GetQueueInfo(q.name)
		return err == nil && info.Completed == 1
	}, time.Minute, 10*time.Millisecond)
	end()
	// else the result would be reported once more, and no call made
	require.NoError(t, w.rdb.Del(t.Context(), q.ledger("fees").hash).Err())
	require.Equal(t, 1, put().Pending)
	w.work(WorkOptions{})
	require.Eventually(t, func() bool { return len(w.sends()) == 2 }, time.Minute,
		time.Millisecond)
	require.Equal(t, 1, put().Active)
}

func TestEachTokenAndAddressHasItsQueue(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{}) // no connection is made
	defer rdb.Close()
	name := newQueue(rdb, "https://api.example/v1", "0123").name
	require.Equal(t, name, newQueue(rdb, "https://api.example/v1", "0123").name)
	require.NotEqual(t, name, newQueue(rdb, "https://sandbox.example/v1", "0123").name)
	require.NotEqual(t, name, newQueue(rdb, "https://api.example/v1", "0124").name)
}
