package config

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"
)

// TestAnExpressionSaysWhatIsAccepted holds every duration's expression, which CloudFormation gets, against what the functions accept.
func TestAnExpressionSaysWhatIsAccepted(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for name, s := range spans {
		expression := regexp.MustCompile(s.pattern())
		texts := []string{"", "1", "0s", "-1s", "+1s", "01s", "1.5h", "1h30m", "1S", "1 s", "1mss", "99999999999999999999s", "s"}
		for _, unit := range spanUnits {
			for _, edge := range []int64{s.first(unit.length), s.last(unit.length)} {
				for n := edge - 2; n <= edge+2; n++ {
					texts = append(texts, fmt.Sprint(n, unit.name))
				}
			}
			for range 2000 {
				texts = append(texts, fmt.Sprint(chance.Int64N(2*s.last(unit.length)+10), unit.name))
			}
		}
		for _, text := range texts {
			if got := s.accepts(text); got != expression.MatchString(text) {
				t.Errorf("%s=%q: accepted %t, by the expression %t", name, text, got, !got)
			}
			if d, err := time.ParseDuration(text); s.accepts(text) && (err != nil || d < s.least || d > s.most) {
				t.Errorf("%s=%q is accepted: %s, %v", name, text, d, err)
			}
		}
	}
}
