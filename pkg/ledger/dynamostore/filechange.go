package dynamostore

import (
	"encoding/json"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// DecodeFileChanges decodes an event as [DecodeStream] does, and the files in it.
func DecodeFileChanges(event []byte) ([]report.FileChange, error) {
	records, err := DecodeStream(event)
	if err != nil {
		return nil, err
	}
	changes := make([]report.FileChange, len(records))
	for i, r := range records {
		changes[i] = fileChange(r)
	}
	return changes, nil
}

func fileChange(r StreamRecord) report.FileChange {
	key, isFile := ledger.FileKey(r.Key)
	c := report.FileChange{Sequence: r.Sequence, Key: key, Err: r.Err}
	if c.Err != nil || !isFile || r.New == nil {
		return c
	}
	var f report.File
	if err := json.Unmarshal(r.New.Doc, &f); err != nil {
		c.Err = fault.New(fault.Poison, "the image of %s is not a file", key)
		return c
	}
	c.File = &f
	return c
}
