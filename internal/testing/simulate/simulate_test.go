package simulate

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	os.Exit(m.Run())
}

func TestSome(t *testing.T) {
	from, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	n, _ := strconv.Atoi(os.Getenv("N"))
	began := time.Now()
	var total Stats
	for seed := from; seed < from+uint64(max(n, 1)); seed++ {
		var story *os.File
		w := Draw(seed)
		var out Outcome
		if os.Getenv("STORY") != "" {
			story = os.Stdout
			fmt.Printf("%+v\n", *w)
			out = Run(t, w, story)
		} else {
			out = Run(t, w, nil)
		}
		total.Sessions += out.Stats.Sessions
		total.Rows += out.Stats.Rows
		total.Requests += out.Stats.Requests
		for _, x := range out.Stats.Faults {
			total.Virtual += time.Duration(x)
		}
		fmt.Println(seed, out.Trace, out.Stats.Sessions, out.Stats.Rows, out.Stats.Outcomes, out.Stats.Virtual, len(w.Switches), w.Switches, w.Forms)
		for i, f := range out.Findings {
			if i < 3 {
				fmt.Println("   ", f.Kind, f.Text)
			}
		}
	}
	fmt.Println(total.Sessions, total.Rows, total.Requests, int(total.Virtual), time.Since(began))
}
