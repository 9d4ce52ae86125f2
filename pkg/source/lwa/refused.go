package lwa

const remedy = "log in with bellhop auth login, which puts a new refresh token into the secret"

// RefusedError says that Login with Amazon refuses a credential for good. Only a person can help. It comes with the kind
// [fault.Poison].
type RefusedError struct {
	// Code is the vendor's: invalid_grant, invalid_client, unauthorized_client, invalid_request or
	// unsupported_grant_type.
	Code string
}

// Error names the code, what it means and what to do.
func (e *RefusedError) Error() string {
	return "Login with Amazon refuses the credential (" + e.Code + "): " + final[e.Code] + ": " + remedy
}

const notUnderstood = "the request was not understood"

// final are the error codes after which the same request cannot succeed, and what they mean, from the error tables of Login with
// Amazon's documents; the HTTP status that comes with them varies.
var final = map[string]string{
	"invalid_grant":          "the refresh token is invalid, expired, revoked, or was issued to another client",
	"invalid_client":         "the client's id or secret is wrong",
	"unauthorized_client":    "the client may not use refresh tokens",
	"invalid_request":        notUnderstood,
	"unsupported_grant_type": notUnderstood,
}
