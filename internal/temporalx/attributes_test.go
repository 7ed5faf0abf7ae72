package temporalx

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"google.golang.org/grpc/codes"
)

const (
	keyword = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	integer = enumspb.INDEXED_VALUE_TYPE_INT
)

var wanted = map[string]enumspb.IndexedValueType{"SyncMode": keyword, "SyncApps": integer}

// connected dials a frontend.
func connected(t *testing.T, f *frontend) *Connection {
	t.Helper()
	f.namespace = "apps"
	c, err := dial(t, "TEMPORAL_ADDRESS="+f.start(t), "TEMPORAL_NAMESPACE=apps")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMissingSearchAttributesAreAddedOnceAndWaitedFor(t *testing.T) {
	f := &frontend{attributes: map[string]enumspb.IndexedValueType{"Other": keyword}, unknown: 2}
	c := connected(t, f)
	added, err := EnsureSearchAttributes(t.Context(), c.Client, c.Namespace, wanted)
	if err != nil || !slices.Equal(added, []string{"SyncApps", "SyncMode"}) {
		t.Fatalf("added %v, %v", added, err)
	}
	if got := len(f.queries); got != 2+attributesSeen || f.queries[0] != "SyncApps IS NULL AND SyncMode IS NULL" {
		t.Errorf("%d queries: %q", got, f.queries)
	}
	added, err = EnsureSearchAttributes(t.Context(), c.Client, c.Namespace, wanted)
	if err != nil || len(added) != 0 || f.added != 1 {
		t.Errorf("the second time: added %v in %d calls, %v", added, f.added, err)
	}
}

func TestOnlyWhatIsMissingIsAdded(t *testing.T) {
	c := connected(t, &frontend{attributes: map[string]enumspb.IndexedValueType{"SyncMode": keyword}})
	added, err := EnsureSearchAttributes(t.Context(), c.Client, c.Namespace, wanted)
	if err != nil || !slices.Equal(added, []string{"SyncApps"}) {
		t.Errorf("added %v, %v", added, err)
	}
}

func TestASecondProcessMayBeAsQuick(t *testing.T) {
	c := connected(t, &frontend{attributes: map[string]enumspb.IndexedValueType{}, refuseAdd: codes.AlreadyExists})
	if _, err := EnsureSearchAttributes(t.Context(), c.Client, c.Namespace, wanted); err != nil {
		t.Error(err)
	}
}

func TestASearchAttributeOfAnotherTypeIsAnError(t *testing.T) {
	f := &frontend{attributes: map[string]enumspb.IndexedValueType{"SyncMode": integer}}
	c := connected(t, f)
	_, err := EnsureSearchAttributes(t.Context(), c.Client, c.Namespace, wanted)
	if err == nil || !strings.Contains(err.Error(), "SyncMode as Int, not Keyword") || f.added != 0 {
		t.Errorf("%v after %d additions", err, f.added)
	}
}

func TestWhoMayNotAddIsToldWhatToAskFor(t *testing.T) {
	for _, refusal := range []codes.Code{codes.PermissionDenied, codes.Unimplemented} {
		c := connected(t, &frontend{attributes: map[string]enumspb.IndexedValueType{}, refuseAdd: refusal})
		_, err := EnsureSearchAttributes(t.Context(), c.Client, c.Namespace, wanted)
		if err == nil || !strings.Contains(err.Error(), "administrator") || !strings.Contains(err.Error(), "SyncApps=Int, SyncMode=Keyword") {
			t.Errorf("%v: %v", refusal, err)
		}
	}
}

func TestWaitingForSearchAttributesStopsWithItsContext(t *testing.T) {
	c := connected(t, &frontend{attributes: map[string]enumspb.IndexedValueType{}, unknown: 1 << 30})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := EnsureSearchAttributes(ctx, c.Client, c.Namespace, wanted)
	if !errors.Is(err, context.DeadlineExceeded) && statusCode(err) != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
}
