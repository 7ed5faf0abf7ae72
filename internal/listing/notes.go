package listing

// Notes of a session about how Defender's lists behave.
const (
	NoteUsersUnsorted = "Defender does not sort the users of an app by last activity as asked: their lists are read whole, which takes more requests"
	NoteHasNext       = "Defender says that there is more after the last row of a list (hasNext): the end was told by other signs"
)
