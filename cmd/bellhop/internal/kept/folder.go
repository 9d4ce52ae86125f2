package kept

import (
	"context"
	"iter"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Folder is a place in a folder of this machine.
func Folder(name string) Place { return Place{Store: folder{migrate.Folder(name)}} }

// folder keeps one version of each file.
type folder struct{ migrate.Folder }

func (f folder) ListVersions(ctx context.Context, prefix string) iter.Seq2[report.ObjectVersion, error] {
	return func(yield func(report.ObjectVersion, error) bool) {
		for o, err := range f.List(ctx, prefix) {
			if !yield(report.ObjectVersion{Key: o.Key, ModifiedAt: o.ModifiedAt, Latest: true}, err) {
				return
			}
		}
	}
}
