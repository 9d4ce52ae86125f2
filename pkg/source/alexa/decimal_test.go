package alexa_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

func TestDecimal(t *testing.T) {
	cases := map[string]struct {
		want  string
		exact bool
	}{
		"0": {"0", true}, "-0": {"0", true}, "10": {"10", true}, "10.0": {"10", true}, "1e3": {"1000", true}, "1.5E-1": {"0.15", true},
		"0.000001": {"0.000001", true}, "-2.5": {"", false}, "100000": {"100000", true},
		"0.0000005": {"0", false}, "0.0000015": {"0.000002", false}, "0.0000025": {"0.000002", false}, "0.00000250000000000001": {"0.000003", false},
		"-0.0000015": {"", false}, "-0.0000004": {"0", false}, "0.33333333333333331": {"0.333333", false}, "1e-300": {"0", false},
		"999999999999.999999": {"999999999999.999999", true}, "999999999999.9999995": {"", false}, "1000000000000": {"", false}, "-1e12": {"", false}, "1e300": {"", false},
	}
	for literal, c := range cases {
		t.Run(literal, func(t *testing.T) {
			if got, exact, err := alexa.Decimal(literal); got != c.want || exact != c.exact || err != nil {
				t.Errorf("got %q, exact: %t, %v", got, exact, err)
			}
		})
	}
	for _, literal := range []string{"", "x", "1e1000", "1e-1000", "1e99999999999999999999", strings.Repeat("1", 201)} {
		if got, _, err := alexa.Decimal(literal); err == nil {
			t.Errorf("%.20q gave %q", literal, got)
		}
	}
}
