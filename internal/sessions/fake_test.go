package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/contract"
)

// fakeTemporal is as much of a Temporal server and its client as the Reader needs. What
// it does not implement panics.
type fakeTemporal struct {
	client.Client
	t     *testing.T
	codec converter.DataConverter // of the workers; nil: the SDK's default
	runs  []*fakeRun              // those of one id in the order of their starts
	now   time.Time

	integration string // of recorded histories

	schedule *client.ScheduleDescription
	starts   []time.Time // of the schedule's specification
	polled   map[enumspb.TaskQueueType][]time.Time
	backlog  map[enumspb.TaskQueueType]time.Duration
	pollers  []*taskqueuepb.PollerInfo // of versions, for both kinds of tasks
	routing  *taskqueuepb.TaskQueueVersioningInfo
	builds   []*deploymentpb.WorkerDeploymentInfo_WorkerDeploymentVersionSummary
	waits    time.Duration      // of the tasks of a version
	progress *contract.Progress // what the Sync answers; nil: no worker answers
	fail     map[string]error   // by the name of the call
	lists    []string           // queries
	stall    bool               // DescribeWorkflow answers once its context ends

	schedules   []*schedulepb.ScheduleListEntry // of the namespace
	rawSchedule *workflowservice.DescribeScheduleResponse
	anySchedule bool // schedules and queues of other integrations may be read
	calls       map[string]int
}

// fakeRun is one run of a workflow.
type fakeRun struct {
	id, run, kind string
	began, closed time.Time
	status        enumspb.WorkflowExecutionStatus
	parent        *commonpb.WorkflowExecution
	leaving       bool
	labels        map[string]any
	memo          map[string]*commonpb.Payload
	pending       []*workflowpb.PendingActivityInfo
	events        []*historypb.HistoryEvent
	unlisted      bool // by the visibility store, which lags behind
	listedAs      enumspb.WorkflowExecutionStatus
	result        any
	payloads      *commonpb.Payloads // of the result, in its place
	failure       error
	version       *workflowpb.WorkflowExecutionVersioningInfo
}

// noon is when the tests take place.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newFake(t *testing.T) *fakeTemporal {
	t.Helper()
	return &fakeTemporal{t: t, now: noon, fail: map[string]error{}, calls: map[string]int{}}
}

// reader is a Reader of the integration "hr".
func (f *fakeTemporal) reader() Reader {
	return Reader{Temporal: f, Namespace: "apps", Integration: "hr", Converter: f.codec, Clock: func() time.Time { return f.now }}
}

func (f *fakeTemporal) converter() converter.DataConverter {
	if f.codec != nil {
		return f.codec
	}
	return converter.GetDefaultDataConverter()
}

func (f *fakeTemporal) payloads(values ...any) *commonpb.Payloads {
	f.t.Helper()
	p, err := f.converter().ToPayloads(values...)
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// add adds a run.
func (f *fakeTemporal) add(r *fakeRun) *fakeRun {
	if r.status == 0 {
		r.status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	f.runs = append(f.runs, r)
	return r
}

// call counts a call and returns the error that the test wants it to fail with.
func (f *fakeTemporal) call(name string) error {
	f.calls[name]++
	return f.fail[name]
}

func (f *fakeTemporal) find(id, run string) (*fakeRun, error) {
	for _, r := range slices.Backward(f.runs) {
		if r.id == id && (run == "" || run == r.run) {
			return r, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found for ID: " + id)
}

func (f *fakeTemporal) info(r *fakeRun) *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: r.id, RunId: r.run}, Type: &commonpb.WorkflowType{Name: r.kind},
		VersioningInfo: r.version,
		StartTime:      timestamppb.New(r.began), Status: r.status, ParentExecution: r.parent, Memo: &commonpb.Memo{Fields: r.memo},
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}},
	}
	if !r.closed.IsZero() {
		info.CloseTime = timestamppb.New(r.closed)
	}
	for name, value := range r.labels {
		p, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			f.t.Fatal(err)
		}
		info.SearchAttributes.IndexedFields[name] = p
	}
	return info
}

func (f *fakeTemporal) DescribeWorkflow(ctx context.Context, id, run string) (*client.WorkflowExecutionDescription, error) {
	if f.stall {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := f.call("describe"); err != nil {
		return nil, err
	}
	if err := f.fail["describe "+id]; err != nil {
		return nil, err
	}
	r, err := f.find(id, run)
	if err != nil {
		return nil, err
	}
	return &client.WorkflowExecutionDescription{RawResponse: f.described(r)}, nil
}

func (f *fakeTemporal) described(r *fakeRun) *workflowservice.DescribeWorkflowExecutionResponse {
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: f.info(r), PendingActivities: r.pending,
		WorkflowExtendedInfo: &workflowpb.WorkflowExecutionExtendedInfo{CancelRequested: r.leaving},
	}
}

// ListWorkflow understands the conditions that the tests depend on.
func (f *fakeTemporal) ListWorkflow(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if err := f.call("list"); err != nil {
		return nil, err
	}
	f.lists = append(f.lists, in.GetQuery())
	var all []*workflowpb.WorkflowExecutionInfo
	for _, r := range f.runs {
		if strings.Contains(in.GetQuery(), "WorkflowType = '"+r.kind+"'") && !r.unlisted && listed(in.GetQuery(), r) {
			info := f.info(r)
			if r.listedAs != 0 {
				info.Status = r.listedAs
			}
			all = append(all, info)
		}
	}
	first := len(in.GetNextPageToken())
	out := &workflowservice.ListWorkflowExecutionsResponse{Executions: all[min(first, len(all)):min(first+int(in.GetPageSize()), len(all))]}
	if last := first + len(out.Executions); last < len(all) {
		out.NextPageToken = make([]byte, last)
	}
	return out, nil
}

// listed reports whether a query finds a run.
func listed(query string, r *fakeRun) bool {
	if _, id, ok := strings.Cut(query, "WorkflowId = '"); ok {
		return id == r.id+"'"
	}
	status := r.status
	if r.listedAs != 0 {
		status = r.listedAs
	}
	if strings.Contains(query, "ExecutionStatus = 'Running'") && status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return false
	}
	if _, rest, ok := strings.Cut(query, "RunId = '"); ok && !strings.HasPrefix(rest, r.run+"'") {
		return false
	}
	if _, rest, ok := strings.Cut(query, contract.AttrMode+" = '"); ok && !strings.HasPrefix(rest, fmt.Sprint(r.labels[contract.AttrMode])+"'") {
		return false
	}
	if _, rest, ok := strings.Cut(query, "CloseTime > '"); ok {
		after, err := time.Parse(time.RFC3339, strings.TrimSuffix(rest, "'"))
		return err == nil && r.closed.After(after)
	}
	return true
}

func (f *fakeTemporal) GetWorkflow(_ context.Context, id, run string) client.WorkflowRun {
	r, err := f.find(id, run)
	return fakeEnding{f: f, run: r, err: err}
}

// fakeEnding is the end of a run.
type fakeEnding struct {
	client.WorkflowRun
	f   *fakeTemporal
	run *fakeRun
	err error
}

func (e fakeEnding) Get(ctx context.Context, into any) error {
	if err := cmpErr(e.err, e.f.call("get"), ctx.Err()); err != nil {
		return err
	}
	if e.run.failure != nil {
		return e.run.failure
	}
	if e.run.payloads == nil {
		e.run.payloads = e.f.payloads(e.run.result)
	}
	return e.f.reader().dataConverter().FromPayloads(e.run.payloads, into)
}

func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *fakeTemporal) QueryWorkflow(_ context.Context, id, _, query string, _ ...any) (converter.EncodedValue, error) {
	if err := f.call("query"); err != nil {
		return nil, err
	}
	if f.progress == nil || id != contract.SyncID("hr") || query != contract.QueryProgress {
		return nil, serviceerror.NewDeadlineExceeded("no poller")
	}
	return fakeValue{f, f.payloads(f.progress)}, nil
}

// fakeValue is the answer to a query.
type fakeValue struct {
	f *fakeTemporal
	p *commonpb.Payloads
}

func (v fakeValue) HasValue() bool { return true }

func (v fakeValue) Get(into any) error {
	return cmpErr(v.f.fail["answer"], v.f.reader().dataConverter().FromPayloads(v.p, into))
}

func (f *fakeTemporal) GetWorkflowHistory(_ context.Context, id, run string, _ bool, filter enumspb.HistoryEventFilterType) client.HistoryEventIterator {
	r, err := f.find(id, run)
	if err = cmpErr(f.call("history"), f.fail["history "+run], err); err != nil {
		return &fakeEvents{err: err}
	}
	if filter == enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT {
		return &fakeEvents{events: r.events[max(0, len(r.events)-1):]}
	}
	return &fakeEvents{events: r.events}
}

// fakeEvents iterates over events, or fails.
type fakeEvents struct {
	events []*historypb.HistoryEvent
	err    error
}

func (i *fakeEvents) HasNext() bool { return i.err != nil || len(i.events) > 0 }

func (i *fakeEvents) Next() (*historypb.HistoryEvent, error) {
	if i.err != nil {
		return nil, i.err
	}
	e := i.events[0]
	i.events = i.events[1:]
	return e, nil
}

func (f *fakeTemporal) WorkflowService() workflowservice.WorkflowServiceClient {
	return fakeService{f: f}
}

// fakeService is the API below the client's.
type fakeService struct {
	workflowservice.WorkflowServiceClient
	f *fakeTemporal
}

func (s fakeService) GetWorkflowExecutionHistory(_ context.Context, in *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	r, err := s.f.find(in.GetExecution().GetWorkflowId(), in.GetExecution().GetRunId())
	if err = cmpErr(s.f.call("first events"), err); err != nil {
		return nil, err
	}
	events, next := pageOf(r.events, in.GetNextPageToken(), in.GetMaximumPageSize())
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: events}, NextPageToken: next}, nil
}

func (s fakeService) GetWorkflowExecutionHistoryReverse(_ context.Context, in *workflowservice.GetWorkflowExecutionHistoryReverseRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	r, err := s.f.find(in.GetExecution().GetWorkflowId(), in.GetExecution().GetRunId())
	if err = cmpErr(s.f.call("last events"), s.f.fail["last events of "+in.GetExecution().GetWorkflowId()], err); err != nil {
		return nil, err
	}
	reversed := slices.Clone(r.events)
	slices.Reverse(reversed)
	events, next := pageOf(reversed, in.GetNextPageToken(), in.GetMaximumPageSize())
	return &workflowservice.GetWorkflowExecutionHistoryReverseResponse{History: &historypb.History{Events: events}, NextPageToken: next}, nil
}

// pageOf cuts a page out of events. A token is as long as the events before it are many.
func pageOf(events []*historypb.HistoryEvent, token []byte, size int32) (page []*historypb.HistoryEvent, next []byte) {
	rest := events[len(token):]
	if size <= 0 || int(size) >= len(rest) {
		return rest, nil
	}
	return rest[:size], make([]byte, len(token)+int(size))
}

func (s fakeService) ListScheduleMatchingTimes(_ context.Context, in *workflowservice.ListScheduleMatchingTimesRequest, _ ...grpc.CallOption) (*workflowservice.ListScheduleMatchingTimesResponse, error) {
	if err := s.f.call("matching times"); err != nil {
		return nil, err
	}
	out := &workflowservice.ListScheduleMatchingTimesResponse{}
	for _, at := range s.f.starts {
		if at.After(in.GetStartTime().AsTime()) && !at.After(in.GetEndTime().AsTime()) {
			out.StartTime = append(out.StartTime, timestamppb.New(at))
		}
	}
	return out, nil
}

func (s fakeService) ListSchedules(_ context.Context, in *workflowservice.ListSchedulesRequest, _ ...grpc.CallOption) (*workflowservice.ListSchedulesResponse, error) {
	if err := s.f.call("schedules"); err != nil {
		return nil, err
	}
	rest := s.f.schedules[len(in.GetNextPageToken()):]
	out := &workflowservice.ListSchedulesResponse{Schedules: rest[:min(len(rest), int(in.GetMaximumPageSize()))]}
	if last := len(s.f.schedules) - len(rest) + len(out.Schedules); last < len(s.f.schedules) {
		out.NextPageToken = make([]byte, last)
	}
	return out, nil
}

func (s fakeService) DescribeSchedule(context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	if err := s.f.call("raw schedule"); err != nil {
		return nil, err
	}
	if s.f.rawSchedule == nil {
		return nil, serviceerror.NewNotFound("schedule not found")
	}
	return s.f.rawSchedule, nil
}

func (s fakeService) DescribeTaskQueue(_ context.Context, in *workflowservice.DescribeTaskQueueRequest, _ ...grpc.CallOption) (*workflowservice.DescribeTaskQueueResponse, error) {
	if in.GetNamespace() != "apps" || in.GetTaskQueue().GetName() != contract.TaskQueue("hr") && !s.f.anySchedule {
		return nil, errors.New("another task queue")
	}
	if err := s.f.call("task queue"); err != nil {
		return nil, err
	}
	out := &workflowservice.DescribeTaskQueueResponse{Stats: &taskqueuepb.TaskQueueStats{}}
	for _, at := range s.f.polled[in.GetTaskQueueType()] {
		out.Pollers = append(out.Pollers, &taskqueuepb.PollerInfo{LastAccessTime: timestamppb.New(at)})
	}
	out.Pollers = append(out.Pollers, s.f.pollers...)
	out.VersioningInfo = s.f.routing
	out.Stats.ApproximateBacklogAge = durationOf(s.f.backlog[in.GetTaskQueueType()])
	return out, nil
}

func (s fakeService) DescribeWorkerDeployment(_ context.Context, in *workflowservice.DescribeWorkerDeploymentRequest, _ ...grpc.CallOption) (*workflowservice.DescribeWorkerDeploymentResponse, error) {
	if err := s.f.call("deployment"); err != nil {
		return nil, err
	}
	if in.GetNamespace() != "apps" || in.GetDeploymentName() != "hr" || s.f.builds == nil {
		return nil, serviceerror.NewNotFound("no such deployment")
	}
	return &workflowservice.DescribeWorkerDeploymentResponse{WorkerDeploymentInfo: &deploymentpb.WorkerDeploymentInfo{
		Name: "hr", ManagerIdentity: "controller/1", VersionSummaries: s.f.builds,
	}}, nil
}

func (s fakeService) DescribeWorkerDeploymentVersion(_ context.Context, in *workflowservice.DescribeWorkerDeploymentVersionRequest, _ ...grpc.CallOption) (*workflowservice.DescribeWorkerDeploymentVersionResponse, error) {
	if err := s.f.call("version"); err != nil {
		return nil, err
	}
	out := &workflowservice.DescribeWorkerDeploymentVersionResponse{}
	for _, name := range []string{contract.TaskQueue("sales"), contract.TaskQueue("hr"), contract.TaskQueue("hr")} {
		age := time.Hour // of another integration's tasks
		if name == contract.TaskQueue("hr") {
			age = s.f.waits
		}
		out.VersionTaskQueues = append(out.VersionTaskQueues, &workflowservice.DescribeWorkerDeploymentVersionResponse_VersionTaskQueue{
			Name: name, Stats: &taskqueuepb.TaskQueueStats{ApproximateBacklogAge: durationOf(age)},
		})
	}
	return out, nil
}

func (f *fakeTemporal) ScheduleClient() client.ScheduleClient { return fakeSchedules{f: f} }

// fakeSchedules finds the one schedule that there is.
type fakeSchedules struct {
	client.ScheduleClient
	client.ScheduleHandle
	f *fakeTemporal
}

func (s fakeSchedules) GetHandle(_ context.Context, id string) client.ScheduleHandle {
	if id != contract.ScheduleID("hr") && !s.f.anySchedule {
		s.f.t.Errorf("schedule %s was read", id)
	}
	return s
}

func (s fakeSchedules) GetID() string { return contract.ScheduleID("hr") }

func (s fakeSchedules) Describe(context.Context) (*client.ScheduleDescription, error) {
	if err := s.f.call("schedule"); err != nil {
		return nil, err
	}
	if s.f.schedule == nil {
		return nil, serviceerror.NewNotFound("schedule not found")
	}
	return s.f.schedule, nil
}

func (s fakeSchedules) Delete(context.Context) error { return errors.New("not here") }

// cancelledWith is the error that the SDK makes of a cancellation.
func (f *fakeTemporal) cancelledWith(details *commonpb.Payloads) error {
	return f.failureOf(&failurepb.Failure{FailureInfo: &failurepb.Failure_CanceledFailureInfo{
		CanceledFailureInfo: &failurepb.CanceledFailureInfo{Details: details},
	}})
}

// failureOf is the error that the SDK makes of a recorded failure.
func (f *fakeTemporal) failureOf(recorded *failurepb.Failure) error {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: f.converter()}).FailureToError(recorded)
}
