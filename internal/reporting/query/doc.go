// Package query answers what an operator asks of the tenants: which apps
// are used, which websites are reached, who uses an app and when last. It
// reads; it writes nothing to a tenant.
//
// The answers come from Oomnitza, as it is at this moment. What Oomnitza has
// no field for (an app's tag and risk score) or does not keep (last activity,
// in some tenants) is read live from Defender, page by page within the request
// budget, and only when it is asked for; the sheet and the notes say so.
//
// ReadApps, ReadWebsites and ReadUsers give typed answers; Apps, Websites and
// Users give the same as a sheet and rows for package report. Apps and websites
// are held in memory, some 31,000 of them in a large tenant. Users are not:
// they come app by app, and memory is bounded by the largest apps.
package query
