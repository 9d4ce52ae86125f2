package realbinaries_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// word is a name in a saved query that begins with a letter; what begins with @ is CloudWatch's own.
var (
	word      = regexp.MustCompile(`[@\w.]+`)
	unrelated = regexp.MustCompile(`"[^"]*"|#.*|\bas \w+`)
)

// insights are the words of the query language that the saved queries use.
var insights = strings.Fields("fields filter stats sort limit by as and in asc desc ispresent count pct avg max bin 1h 1d 50 95")

// questionsFit demands that each field that a saved query names is in some line of the function whose log it asks. Lambda's
// own lines, by whose type a query picks them, are not written here.
func (w *fixture) questionsFit() {
	w.t.Helper()
	groups := map[string]string{"RequesterLogs": requester, "IngesterLogs": ingester, "JanitorLogs": janitor}
	has := map[string]map[string]bool{requester: {}, ingester: {}, janitor: {}}
	for line := range strings.Lines(w.log.text()) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil {
			if of, ok := has[fmt.Sprint(fields["function"])]; ok {
				for name := range fields {
					of[name] = true
				}
			}
		}
	}
	queries := w.stack.Template.IDs("AWS::Logs::QueryDefinition")
	if len(queries) != 5 {
		w.t.Errorf("%d saved queries", len(queries))
	}
	for _, id := range queries {
		p := w.stack.Template.Properties(id)
		query := w.stack.Text(p["QueryString"])
		if strings.Contains(query, `"platform.`) {
			continue
		}
		named := map[string]bool{"reason": true, "error": true} // nothing went wrong in this life
		for _, m := range unrelated.FindAllString(query, -1) {
			if after, ok := strings.CutPrefix(m, "as "); ok {
				named[after] = true
			}
		}
		for _, name := range word.FindAllString(unrelated.ReplaceAllString(query, ""), -1) {
			known := named[name] || strings.HasPrefix(name, "@") || slices.Contains(insights, name)
			for _, group := range p["LogGroupNames"].([]any) {
				known = known || has[groups[cloudformation.Target(group)]][name]
			}
			if !known {
				w.t.Errorf("%s asks for %s, which no line has", id, name)
			}
		}
	}
}
