package defender

import (
	"testing"

	"defendersync/internal/listing"
	"defendersync/internal/prints"
)

// rowPrint is the fingerprint of an app's row.
func rowPrint(t *testing.T, q listing.AppQuery, row string) prints.Print {
	t.Helper()
	r := newRowReader(appColumns)
	app, reason := r.readApp([]byte(row), noon)
	if reason != "" {
		t.Fatal(reason)
	}
	return r.readPrint(q, app.ID)
}

func TestAFingerprintMovesWithTraffic(t *testing.T) {
	q := listing.AppQuery{Stream: "s", Timeframe: 90}
	const head = `{"appId":1,"name":"App","score":5,"tags":["Sanctioned"],"users":3,"ipAddressesCount":4,"machinesCount":2,"lastSeen":1763769600000,`
	const row = head + `"trafficTotalBytes":10,"trafficTotalEvents":7,"trafficUploadedBytes":1}`
	base := rowPrint(t, q, row)
	for name, tc := range map[string]struct {
		q    listing.AppQuery
		row  string
		same bool
	}{
		"the same row":          {q, row, true},
		"another page":          {listing.AppQuery{Stream: "s", Timeframe: 90, Skip: 100}, row, true},
		"other metadata":        {q, `{"appId":1,"name":"Another","score":9,"tags":[],"users":3,"ipAddressesCount":4,"machinesCount":2,"lastSeen":1763769600000,"trafficTotalBytes":10,"trafficTotalEvents":7,"trafficUploadedBytes":1}`, true},
		"an unknown field":      {q, head + `"queriedAt":17,"trafficTotalBytes":10,"trafficTotalEvents":7,"trafficUploadedBytes":1}`, true},
		"keys in another order": {q, `{"trafficTotalEvents":7,"trafficUploadedBytes":1,"trafficTotalBytes":10,"lastSeen":1763769600000,"appId":1,"name":"App","users":3,"ipAddressesCount":4,"machinesCount":2}`, true},
		"another stream":        {listing.AppQuery{Stream: "t", Timeframe: 90}, row, false},
		"another timeframe":     {listing.AppQuery{Stream: "s", Timeframe: 30}, row, false},
		"one more transaction":  {q, head + `"trafficTotalBytes":10,"trafficTotalEvents":8,"trafficUploadedBytes":1}`, false},
		"one more byte":         {q, head + `"trafficTotalBytes":11,"trafficTotalEvents":7,"trafficUploadedBytes":1}`, false},
		"one more user":         {q, `{"appId":1,"name":"App","users":4,"ipAddressesCount":4,"machinesCount":2,"lastSeen":1763769600000,"trafficTotalBytes":10,"trafficTotalEvents":7,"trafficUploadedBytes":1}`, false},
		"one more machine":      {q, `{"appId":1,"name":"App","users":3,"ipAddressesCount":4,"machinesCount":3,"lastSeen":1763769600000,"trafficTotalBytes":10,"trafficTotalEvents":7,"trafficUploadedBytes":1}`, false},
		"a later activity":      {q, `{"appId":1,"name":"App","users":3,"ipAddressesCount":4,"machinesCount":2,"lastSeen":1763769600001,"trafficTotalBytes":10,"trafficTotalEvents":7,"trafficUploadedBytes":1}`, false},
		"a counter is gone":     {q, head + `"trafficTotalEvents":7,"trafficUploadedBytes":1}`, false},
		"a counter elsewhere":   {q, head + `"trafficTotalBytes":10,"transactions":7,"trafficUploadedBytes":1}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rowPrint(t, tc.q, tc.row); got.IsZero() || (got == base) != tc.same {
				t.Errorf("same: %v, want %v", got == base, tc.same)
			}
		})
	}
}

func TestOnlyARowWithACounterHasAFingerprint(t *testing.T) {
	q := listing.AppQuery{Stream: "s", Timeframe: 90}
	for row, want := range map[string]bool{
		`{"appId":1,"name":"App"}`: false,
		`{"appId":1,"name":"App","users":3,"ipAddressesCount":4,"machinesCount":2,"lastSeen":1763769600000}`: false,
		`{"appId":1,"name":"App","trafficTotalEvents":null}`:                                                 false,
		`{"appId":1,"name":"App","traffic":{"total":7}}`:                                                     false,
		`{"appId":1,"name":"App","transactions":"many"}`:                                                     false,
		`{"appId":1,"name":"App","transactions":7}`:                                                          true,
		`{"appId":1,"name":"App","transactionsCount":"7"}`:                                                   true,
		`{"appId":1,"name":"App","trafficTotalBytes":0}`:                                                     true,
		`{"appId":1,"name":"App","downloadedBytes":7}`:                                                       true,
		`{"id":"1","displayName":"App","transactionCount":7,"uploadNetworkTrafficInBytes":1}`:                true,
		`{"id":"1","displayName":"App","downloadNetworkTraficInBytes":1}`:                                    true,
	} {
		if got := rowPrint(t, q, row); got.IsZero() == want {
			t.Errorf("%s: %x", row, got)
		}
	}
}

func TestEachAppOfAPageHasTheFingerrowPrintItsRow(t *testing.T) {
	page, err := decodedApps(`{"appId":1,"name":"A","transactions":1,"lastSeen":1763769600000},{"appId":2},{"appId":3,"name":"C"},
		{"appId":1,"name":"A","transactions":2,"lastSeen":1763769700000}`, settled())
	if err != nil || len(page.Apps) != 2 || len(page.Prints) != 2 {
		t.Fatalf("%+v, %v", page, err)
	}
	if want := rowPrint(t, listing.AppQuery{}, `{"appId":1,"name":"A","transactions":2,"lastSeen":1763769700000}`); page.Prints[0] != want || !page.Prints[1].IsZero() {
		t.Errorf("%x", page.Prints)
	}
}
