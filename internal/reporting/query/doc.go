// Package query answers questions about the tenants: which apps are used, which
// websites are visited, who uses an app, and who was active when. It only reads;
// it writes nothing to a tenant.
//
// Answers come live from Oomnitza. What Oomnitza has no field for (an app's tag
// and risk score) or does not store (last activity, in some tenants) is read live
// from Defender, within the request budget and only where it is asked for; the
// sheet and the notes say so.
//
// ReadApps, ReadWebsites and ReadUsers return typed answers; Question.Answer
// returns the same as a sheet and rows for package sheet. Apps and websites are
// held in memory, some 31,000 in a large tenant. Users are read app by app, so the
// largest apps bound the memory.
package query
