package own

import (
	"context"
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// Units returns the units that some day of the dataset has, with all that are above them.
func Units(ctx context.Context, e query.Engine) (map[string]bool, error) {
	var parts []string
	for _, d := range dataset.Definitions() {
		if d.HasUnits() {
			parts = append(parts, fmt.Sprintf("SELECT id FROM %s CROSS JOIN UNNEST(unit_ids) AS path (id)", d.Name))
		}
	}
	units := map[string]bool{}
	err := e.Run(ctx, strings.Join(parts, " UNION "), query.EachRow(func(values []any) error {
		if id, ok := values[0].(string); ok {
			units[id] = true
		}
		return nil
	}))
	if err != nil {
		return nil, fmt.Errorf("look for the units of the dataset: %w", err)
	}
	return units, nil
}
