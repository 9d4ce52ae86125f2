package phrase

// Problem is an error with its remedy.
type Problem struct {
	Err    error
	Remedy string
}

func (p *Problem) Error() string { return p.Err.Error() }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }
