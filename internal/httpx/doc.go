// Package httpx is what the clients of both vendors share: how a request is
// sent, how an answer is read, and one error type. It knows nothing of either
// vendor and nothing of Temporal; package activities turns a [Kind] into retry
// behaviour.
//
// # Requests
//
// [NewHTTPClient] makes a client that follows no redirect, with the CA file and
// the proxy of the settings. [Do] sends a [Call] and reads the answer whole;
// [DoStream] leaves the body to the caller. The time limit of the client bounds
// the silence of a peer rather than the work: a server that is slow but makes
// progress is waited for.
//
// # Answers
//
// An answer is read by what it is, not by what its headers say: it is unpacked,
// converted to UTF-8, and mended where a server writes what is nearly JSON. Its
// size is bounded in bytes and in rows ([SplitRows], [Rows]). JSON is taken apart
// in place by [EachField] and [EachItem]: nothing is decoded that nobody asked
// for.
//
// # Errors
//
// Every failure at the peer or on the way there is an [*Error]. Its Kind is
// decided once, where the answer is read, and says what to do:
//
//	switch kind := httpx.KindOf(err); {
//	case kind.Retryable():
//		// the same request may succeed later
//	case kind == httpx.KindRefused:
//		// this request, often one row of it, is at fault
//	}
//
// The error of a context that ended comes back wrapped, and is no *Error: that is
// the caller's own doing. An answer that means a wrong setting only when it keeps
// coming, such as a login page, is sent again by a [Confirmation] before it is
// believed.
//
// No error shows a secret, a header, a query string or a person: what a peer says
// goes through a [Redactor] and package mask.
package httpx
