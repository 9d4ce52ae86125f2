package cost

import (
	_ "embed" // for the reference
	"encoding/json"
)

//go:embed reference.json
var reference []byte

// Reference returns the usage of the run whose bill is in the README: `bellhop local run` in a fresh folder.
func Reference() (Usage, error) {
	var u Usage
	err := json.Unmarshal(reference, &u)
	return u, err
}
