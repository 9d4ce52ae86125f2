package ledger

import (
	"context"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Credential returns what is recorded of the credential with that id; of one that was never used, nothing but the id.
func (l *Ledger) Credential(ctx context.Context, id string) (report.Credential, error) {
	return l.UpdateCredential(ctx, id, func(*report.Credential) bool { return false })
}

// UpdateCredential changes what is recorded of a credential, and returns it as it is afterwards. Change may run more than
// once; when it returns false, nothing is written.
func (l *Ledger) UpdateCredential(ctx context.Context, id string, change func(*report.Credential) bool) (report.Credential, error) {
	key := credentialKey(id)
	var c report.Credential
	err := l.atomically(ctx, []Key{key}, func(t *tx) error {
		c = report.Credential{}
		if _, err := t.get(key, &c); err != nil {
			return err
		}
		c.ID = id
		if !change(&c) {
			return nil
		}
		return t.put(key, "", time.Time{}, c)
	})
	return c, err
}
