package harness

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/envelope"
)

// DecodeData reads the data of the JSON document that a command has printed; of several
// documents, of the last.
func DecodeData(out string, into any) error {
	data, err := lastData(out)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// DecodeResult reads the result of a session that a command has printed as JSON, as far
// as the document has it.
func DecodeResult(out string) (contract.SessionResult, error) {
	var r contract.SessionResult
	var more struct {
		Took     envelope.Seconds `json:"tookSeconds"`
		Requests struct {
			Waited envelope.Seconds `json:"waitedSeconds"`
		} `json:"requests"`
	}
	if err := errors.Join(DecodeData(out, &r), DecodeData(out, &more)); err != nil {
		return r, err
	}
	if !r.Ended.IsZero() { // times are whole seconds
		r.Ended = r.Began.Add(time.Duration(more.Took))
	}
	r.Requests.Waited = time.Duration(more.Requests.Waited)
	return r, nil
}

func lastData(out string) (data json.RawMessage, err error) {
	decoder := json.NewDecoder(strings.NewReader(out))
	for {
		var doc struct {
			Kind string          `json:"kind"`
			Data json.RawMessage `json:"data"`
		}
		switch err := decoder.Decode(&doc); {
		case errors.Is(err, io.EOF) && data != nil:
			return data, nil
		case err != nil:
			return nil, err
		case doc.Kind == "" || doc.Data == nil:
			return nil, errors.New("a document without kind or data")
		}
		data = doc.Data
	}
}
