package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// interval is the time between two calls.
const interval = 10 * time.Millisecond

// tally counts the outcomes of calls.
type tally struct {
	sync.Mutex
	calls, failed int
	first         error
}

func (t *tally) add(err error) {
	t.Lock()
	defer t.Unlock()
	t.calls++
	if err == nil {
		return
	}
	t.failed++
	if t.first == nil {
		t.first = err
	}
}

// load makes calls at a steady rate, whether earlier ones are done or not, and says how many
// failed, without retries.
func load(target, option, seconds string) (string, error) {
	duration, err := strconv.Atoi(seconds)
	if err != nil {
		return "", err
	}
	get, err := connect(target, option)
	if err != nil {
		return "", err
	}
	var outcomes tally
	var open sync.WaitGroup
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for end := time.Now().Add(time.Duration(duration) * time.Second); time.Now().Before(end); <-ticker.C {
		open.Go(func() {
			_, err := get(context.Background(), 1)
			outcomes.add(err)
		})
	}
	open.Wait()
	return fmt.Sprintf("%d calls, %d failed, first: %v", outcomes.calls, outcomes.failed, outcomes.first), nil
}
