package main

import "testing"

func TestAStatusTableSaysWhichColumnsHadNoRoom(t *testing.T) {
	cell := func(statusRow) string { return "x" }
	all := []statusColumn{{title: "Integration", cell: cell}, {title: "Status", cell: cell}, {title: "Notices", rank: 2, cell: cell}, {title: "Worker polled", rank: 3, cell: cell}}
	rows := []statusRow{{}}
	for width, want := range map[int]string{200: "", 30: "Worker polled", 20: "Notices, Worker polled", 0: ""} {
		if got := listLeftOut(all, fitColumns(all, rows, width)); got != want {
			t.Errorf("width %d: no room for %q, not %q", width, got, want)
		}
	}
}
