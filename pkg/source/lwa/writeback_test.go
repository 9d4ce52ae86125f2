package lwa_test

import (
	"strings"
	"testing"
)

const (
	rotating = `{"access_token":"Atza|one","expires_in":60,"refresh_token":"Atzr|rotated"}`
	newLogin = `{"client_id":"NEW","client_secret":"NEW","refresh_token":"Atzr|new-login"}`
)

// TestAWriteBackLeavesANewerLogin: the secret is cached, a person logs in, and the exchange with the old token still works
// and rotates it.
func TestAWriteBackLeavesANewerLogin(t *testing.T) {
	w := start(t, ok(rotating), ok(`{"access_token":"Atza|of-the-login","expires_in":3600}`))
	w.cached, w.document = stored, newLogin
	w.want(t, "Atza|of-the-login")
	if w.document != newLogin || w.writes != 0 {
		t.Errorf("the new login is gone after %d writes: %s", w.writes, w.document)
	}
	if got := w.asked[1]; got["refresh_token"] != "Atzr|new-login" || got["client_id"] != "NEW" {
		t.Errorf("the second exchange was for client %s", got["client_id"])
	}
}

// TestTwoRequestersRotateOneToken: the one that comes second keeps what the first one wrote.
func TestTwoRequestersRotateOneToken(t *testing.T) {
	w := start(t, ok(rotating), ok(`{"access_token":"Atza|two","expires_in":3600}`))
	first := strings.Replace(stored, refreshToken, "Atzr|rotated-by-the-other", 1)
	w.cached, w.document = stored, first
	w.want(t, "Atza|two")
	if w.document != first {
		t.Errorf("the secret holds %s", w.document)
	}
}

// TestAWriteBackWhoseAnswerWasLost finds its own token there, and has nothing to do.
func TestAWriteBackWhoseAnswerWasLost(t *testing.T) {
	w := start(t, ok(rotating))
	w.cached = stored
	w.document = strings.Replace(stored, refreshToken, "Atzr|rotated", 1)
	w.want(t, "Atza|one")
	if w.writes != 0 {
		t.Errorf("written %d times", w.writes)
	}
}
