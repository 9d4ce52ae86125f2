package lwa

import "slices"

const remedy = "log in with bellhop auth login, which puts a new refresh token into the secret"

// RefusedError is Login with Amazon's final no to a credential. Nothing but a person can help. It comes with the kind
// [fault.Poison].
type RefusedError struct {
	// Code is the vendor's: invalid_grant, invalid_client, unauthorized_client, invalid_request or
	// unsupported_grant_type.
	Code string
}

// Error names the code, what it means and what to do.
func (e *RefusedError) Error() string {
	return "Login with Amazon refuses the credential (" + e.Code + "): " + e.meaning() + ": " + remedy
}

func (e *RefusedError) meaning() string {
	switch e.Code {
	case "invalid_grant":
		return "the refresh token is invalid, expired, revoked, or was issued to another client"
	case "invalid_client":
		return "the client's id or secret is wrong"
	case "unauthorized_client":
		return "the client may not use refresh tokens"
	default:
		return "the request was not understood"
	}
}

// final are the error codes after which the same request cannot succeed, from the error tables of Login with
// Amazon's documents; the HTTP status that comes with them varies.
var final = []string{
	"invalid_grant", "invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type",
}

func isFinal(code string) bool { return slices.Contains(final, code) }
