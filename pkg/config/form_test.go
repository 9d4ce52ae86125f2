package config

import (
	"strings"
	"testing"
)

// The lengths are those of the services' documents: a bucket's name has 3 to 63 characters, a table's 3 to 255.
func TestHowLongAValueMayBe(t *testing.T) {
	for name, test := range map[string]struct {
		form        form
		before      string
		least, most int // of what follows, here some letters a
	}{
		"table":  {tableName, "", 3, 255},
		"bucket": {bucketName, "", 3, 63},
		"unit":   {unitID, "amzn1.alexa.unit.did.", 1, 200},
	} {
		t.Run(name, func(t *testing.T) {
			for n, want := range map[int]bool{test.least - 1: false, test.least: true, test.most: true, test.most + 1: false} {
				if got := test.form.MatchString(test.before + strings.Repeat("a", n)); got != want {
					t.Errorf("%d characters: taken %t, want %t", n, got, want)
				}
			}
		})
	}
}
