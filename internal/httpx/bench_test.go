package httpx

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// replies answers every request with one body, without a network.
type replies []byte

func (b replies) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		ContentLength: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b))}, nil
}

// BenchmarkDo reads an answer of 100 rows from its first byte to its last.
func BenchmarkDo(b *testing.B) {
	rows := make([]string, 100)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"userName": "firstname.lastname%d@contoso.com", "lastSeen": 17637696%05d, "trafficTotalBytes": 45120, `+
			`"trafficUploadedBytes": 1200, "trafficDownloadedBytes": 43920, "trafficTotalEvents": 7}`, i, i)
	}
	body := []byte(`{"data":[` + strings.Join(rows, ", ") + `],"hasNext":true,"total":1873}`)
	client := &http.Client{Transport: replies(body)}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if a, err := Do(b.Context(), client, Call{Peer: "Defender", Op: "read", URL: "https://contoso.example/users"}); err != nil || len(a.Body) != len(body) {
			b.Fatal(err)
		}
	}
}
