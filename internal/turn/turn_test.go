package turn

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneHolderAtATimeWhileVirtualTimeGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lock Lock
		var holders, most int
		var work sync.WaitGroup
		began := time.Now()
		for range 3 {
			work.Go(func() {
				lock.Lock()
				defer lock.Unlock()
				holders++
				most = max(most, holders)
				time.Sleep(time.Minute)
				holders--
			})
		}
		work.Wait()
		if took := time.Since(began); most != 1 || took != 3*time.Minute {
			t.Errorf("%d held it at once, and all took %s", most, took)
		}
	})
}
