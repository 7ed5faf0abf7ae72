package contract_test

import (
	"reflect"

	"defendersync/internal/contract"
)

// structs are the types whose JSON is pinned. TestEveryTypeIsListed finds those
// that are missing.
func structs() []reflect.Type {
	var types []reflect.Type
	for _, v := range []any{
		// Session
		contract.SessionParams{}, contract.SessionResult{}, contract.Carry{}, contract.Progress{}, contract.SessionNews{},
		contract.FindSessionResult{},
		// Sync
		contract.SyncParams{}, contract.Trial{}, contract.SyncState{}, contract.AppList{},
		contract.OpenSessionParams{}, contract.Plan{}, contract.Stream{},
		contract.FetchAppsParams{}, contract.AppsPage{}, contract.Walk{}, contract.PageMark{}, contract.Dialect{}, contract.RequestForm{},
		contract.UpsertAppsParams{}, contract.UpsertAppsResult{}, contract.AppRef{},
		contract.SyncUsageParams{}, contract.SyncUsageResult{}, contract.Checkpoint{}, contract.ListMark{}, contract.LostPage{},
		contract.RecentRequests{}, contract.BudgetHolder{}, contract.Waiting{},
		contract.PrintsRef{}, contract.KeepPrintsParams{}, contract.KeepPrintsResult{}, contract.Shortcut{}, contract.SparedStream{},
		// Watch
		contract.WatchParams{}, contract.WatchState{}, contract.WatchSettings{}, contract.Watched{}, contract.WatchedSession{},
		contract.PlannedStart{}, contract.Trouble{}, contract.SkippedStarts{}, contract.SessionTotals{}, contract.SessionCount{}, contract.LastSession{},
		contract.ObserveParams{}, contract.Observation{}, contract.ScheduleView{}, contract.SessionView{}, contract.StartView{}, contract.WorkersView{},
		contract.Notice{}, contract.NoticeProgress{}, contract.Delivery{}, contract.DeliverNoticeParams{}, contract.DeliverNoticeResult{},
		contract.NoticeClaim{}, contract.SentNotices{}, contract.ReadNotices{},
		// Report
		contract.Report{}, contract.ReportParams{}, contract.SendReportParams{}, contract.SendReportResult{}, contract.SendReportProgress{}, contract.ReportRefusal{},
	} {
		types = append(types, reflect.TypeOf(v))
	}
	return types
}
