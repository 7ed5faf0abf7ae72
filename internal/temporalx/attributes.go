package temporalx

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc/codes"
)

const (
	// attributesPause is the time between two checks for new search attributes.
	attributesPause = 200 * time.Millisecond
	// attributesWait is how long a server may take until all its processes know
	// them; their caches are refreshed every few seconds.
	attributesWait = 60 * time.Second
	// attributesSeen is how many checks in a row must succeed, since each may be
	// answered by a different process of the server.
	attributesSeen = 3
)

// EnsureSearchAttributes registers the search attributes that the namespace lacks
// and waits until queries accept them. It returns the names it added, sorted. An
// attribute that exists with another type is an error, because the type of a
// search attribute cannot be changed.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string, want map[string]enumspb.IndexedValueType) ([]string, error) {
	missing, err := missingAttributes(ctx, c, namespace, want)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	request := &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: map[string]enumspb.IndexedValueType{}}
	for _, name := range missing {
		request.SearchAttributes[name] = want[name]
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, request)
	switch statusCode(err) {
	case codes.OK, codes.AlreadyExists: // another process was quicker
	case codes.PermissionDenied, codes.Unimplemented, codes.Unauthenticated:
		return nil, fmt.Errorf("not allowed to add search attributes: ask an administrator to add these to namespace %s: %s: %w",
			namespace, describeAttributes(missing, want), err)
	default:
		return nil, fmt.Errorf("add search attributes to namespace %s (%s): %w", namespace, describeAttributes(missing, want), err)
	}
	return missing, waitForAttributes(ctx, c, namespace, missing)
}

// MissingSearchAttributes returns the names that a namespace lacks, sorted.
func MissingSearchAttributes(ctx context.Context, c client.Client, namespace string, want map[string]enumspb.IndexedValueType) ([]string, error) {
	return missingAttributes(ctx, c, namespace, want)
}

// missingAttributes returns the names to add, sorted.
func missingAttributes(ctx context.Context, c client.Client, namespace string, want map[string]enumspb.IndexedValueType) ([]string, error) {
	there, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list the search attributes of namespace %s: %w", namespace, err)
	}
	var missing []string
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(want)) {
		kind := want[name]
		switch has, ok := there.GetCustomAttributes()[name]; {
		case !ok:
			missing = append(missing, name)
		case has != kind:
			wrong = append(wrong, fmt.Errorf("namespace %s has the search attribute %s as %v, not %v: remove or rename it there, or use another namespace", namespace, name, has, kind))
		}
	}
	return missing, errors.Join(wrong...)
}

// waitForAttributes returns once the server accepts the names in queries.
func waitForAttributes(ctx context.Context, c client.Client, namespace string, names []string) error {
	ctx, cancel := context.WithTimeout(ctx, attributesWait)
	defer cancel()
	request := &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: namespace, Query: strings.Join(names, " IS NULL AND ") + " IS NULL",
	}
	ticker := time.NewTicker(attributesPause)
	defer ticker.Stop()
	for seen := 0; ; {
		_, err := c.WorkflowService().CountWorkflowExecutions(ctx, request)
		switch statusCode(err) {
		case codes.OK:
			seen++
		case codes.InvalidArgument, codes.Unavailable, codes.NotFound: // not known everywhere yet
			seen = 0
		default:
			return fmt.Errorf("wait for the new search attributes of namespace %s: %w", namespace, err)
		}
		if seen == attributesSeen {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the new search attributes of namespace %s: %w", namespace, ctx.Err())
		}
	}
}

// describeAttributes lists names with their types, for an administrator to add.
func describeAttributes(names []string, want map[string]enumspb.IndexedValueType) string {
	list := make([]string, 0, len(names))
	for _, name := range names {
		list = append(list, name+"="+want[name].String())
	}
	return strings.Join(list, ", ")
}
