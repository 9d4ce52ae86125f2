package monthly

// Concealed returns the places of the numbers of a column with a known total that are hidden, and what they come to.
func Concealed(numbers []int, fewest int) (hidden []int, sum int) {
	b := Block{Columns: []Column{{Role: Activity}}}
	var part []int
	for i, n := range numbers {
		b.Rows, part = append(b.Rows, []any{count(n)}), append(part, i)
	}
	small, more := Sight{Fewest: fewest}.conceal(b, 0, part, true)
	for _, i := range append(small, more...) {
		hidden, sum = append(hidden, i), sum+numbers[i]
	}
	return hidden, sum
}
