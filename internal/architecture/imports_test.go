package architecture_test

import (
	"slices"
	"strings"
	"testing"
)

// layer says what the packages of one place may import besides the standard library.
type layer struct {
	// own packages of this repository, and libs from elsewhere; "a/b/..." stands for a/b and all below it.
	own, libs []string
	// pure: no way to the outside either, by way of the standard library.
	pure bool
}

// Libraries that have their place.
const (
	awsSDK     = "github.com/aws/aws-sdk-go-v2/..."
	smithy     = "github.com/aws/smithy-go/..."
	awsLambda  = "github.com/aws/aws-lambda-go/..."
	xsync      = "golang.org/x/sync/..."
	everything = module + "/..."
)

var (
	core = []string{"pkg/report", "pkg/fault"}
	// A function's package: its handler, its use-case and the ports. aws-lambda-go has the types of AWS's events.
	useCase = layer{own: and(core, "pkg/telemetry/metric"), libs: []string{xsync, awsLambda}, pure: true}
	// What keeps secrets out of text is a leaf, for all that meets secrets.
	meetsSecrets = and(core, "pkg/telemetry/redact")
	// What every vendor's client is built from.
	shared = and(meetsSecrets, "pkg/source", "pkg/source/httpclient", "pkg/source/secret", "pkg/source/lwa", "pkg/source/alexa")
	// What every function is wired from.
	wired = and(core, "pkg/ledger", "pkg/ledger/dynamostore", "pkg/objects", "pkg/s3event", "pkg/queue", "pkg/config", "pkg/telemetry/...")

	// What the simulated vendors share: how one answers, and what goes wrong there.
	simulated = []string{"cmd/bellhop/internal/sim/rest", "cmd/bellhop/internal/sim/script", "cmd/bellhop/internal/sim/chance"}

	// What commands ask, and what they show it with.
	commands = and(core, "pkg/requester", "pkg/source/lwa", "pkg/source/campaigns", "pkg/dataset", "pkg/telemetry/...", "internal/catalog",
		"cmd/bellhop/internal/cli/shell", "cmd/bellhop/internal/view", "cmd/bellhop/internal/phrase", "cmd/bellhop/internal/review",
		"cmd/bellhop/internal/query", "cmd/bellhop/internal/stack", "cmd/bellhop/internal/sim", "cmd/bellhop/internal/cost",
		"cmd/bellhop/internal/erase", "cmd/bellhop/internal/imports", "cmd/bellhop/internal/inputs", "cmd/bellhop/internal/manifest", "cmd/bellhop/internal/migrate",
		"cmd/bellhop/internal/operations", "cmd/bellhop/internal/quality")

	suites = []string{"github.com/google/go-cmp/...", "pgregory.net/rapid", xsync}
	onAWS  = []string{awsLambda, awsSDK, smithy}
)

func and(items []string, more ...string) []string { return slices.Concat(items, more) }

// layers is the direction of every import: functions and cmd to handlers to use-cases to report to fault, adapters to
// report and fault only. A package that is not here fails the test: whoever adds one says where it stands.
var layers = map[string]layer{
	"pkg/fault":  {pure: true},
	"pkg/report": {own: []string{"pkg/fault"}, pure: true},

	"pkg/requester": useCase,
	"pkg/ingester":  {own: and(useCase.own, "pkg/s3event"), libs: useCase.libs, pure: true},
	"pkg/janitor":   useCase,

	// A vendor's client may share what all of them share, and nothing of another vendor's.
	"pkg/source":            {own: meetsSecrets, libs: []string{xsync}},
	"pkg/source/httpclient": {own: meetsSecrets, libs: []string{xsync}},
	"pkg/source/secret":     {own: meetsSecrets, libs: []string{awsSDK, smithy}},
	// What the vendor's APIs of one host share: bellhop writes what it fetches from them as CSV.
	"pkg/source/alexa": {own: and(meetsSecrets, "pkg/source/httpclient"), libs: []string{"github.com/gocarina/gocsv", "golang.org/x/text/language"}},
	// The suite that every source passes.
	"pkg/source/sourcetest": {own: and(shared, "pkg/requester"), libs: suites},
	// It counts the characters of a title as a person does.
	"pkg/source/campaigns": {own: shared, libs: []string{"github.com/rivo/uniseg"}},
	// The columns of its tables are those of the definitions.
	"pkg/source/khoros": {own: and(meetsSecrets, "pkg/source/httpclient", "pkg/dataset")},
	// The SDK of the vendor makes and signs its requests.
	"pkg/source/pinpoint": {own: shared, libs: []string{awsSDK}},
	"pkg/source/...":      {own: shared, libs: []string{xsync}},

	"pkg/ledger":             {own: core},
	"pkg/ledger/dynamostore": {own: and(core, "pkg/ledger"), libs: []string{awsSDK, smithy}},
	"pkg/ledger/ledgertest":  {own: and(core, "pkg/ledger", "internal/standin"), libs: and(suites, awsSDK, smithy, "go.yaml.in/yaml/v3")},

	"pkg/objects":             {own: core, libs: []string{awsSDK, smithy}},
	"pkg/objects/objectstest": {own: and(core, "pkg/objects"), libs: and(suites, awsSDK, smithy)},

	"pkg/queue": {own: and(core, "pkg/s3event"), libs: []string{awsSDK, smithy}},
	// What the tables mean; the requester and the tool may show it without reading CSV or Parquet.
	"pkg/dataset": {own: core, pure: true},
	// What a delivered file means. It reads Parquet only to prove what was written.
	"pkg/convert":             {own: and(core, "pkg/dataset", "pkg/convert/columnar"), libs: []string{"github.com/gocarina/gocsv", "github.com/parquet-go/parquet-go"}},
	"pkg/convert/converttest": {own: core},
	// The compressor is the one that parquet-go uses itself.
	"pkg/convert/columnar":            {own: and(core, "pkg/dataset"), libs: []string{"github.com/parquet-go/parquet-go/...", "github.com/klauspost/compress/zstd"}},
	"pkg/s3event":                     {own: core, libs: []string{awsLambda}},
	"pkg/config":                      {own: meetsSecrets, libs: []string{"github.com/caarlos0/env/v11"}},
	"pkg/telemetry":                   {own: meetsSecrets, libs: []string{awsLambda, smithy}},
	"pkg/telemetry/redact":            {},
	"pkg/telemetry/metric":            {pure: true},
	"pkg/telemetry/metric/metrictest": {own: []string{"pkg/telemetry/metric"}},

	"functions/requester": {own: and(wired, "pkg/requester", "pkg/source/..."), libs: onAWS},
	"functions/ingester":  {own: and(wired, "pkg/ingester", "pkg/dataset", "pkg/convert"), libs: onAWS},
	"functions/janitor":   {own: and(wired, "pkg/janitor"), libs: onAWS},

	// What runs on a person's machine wires everything, with any library; its go.mod says which.
	"cmd/bellhop/...": {own: []string{"pkg/...", "cmd/bellhop/...", "internal/standin"}, libs: []string{"..."}},
	// Commands read through the read model, and reach no store and no bucket around it. Each group of them knows the shell, and
	// none knows another group.
	"cmd/bellhop/internal/cli":       {own: and(commands, "cmd/bellhop/internal/cli/start", "cmd/bellhop/internal/cli/look", "cmd/bellhop/internal/cli/act", "cmd/bellhop/internal/cli/data"), libs: []string{"..."}},
	"cmd/bellhop/internal/cli/shell": {own: and(commands, "cmd/bellhop/internal/kept", "cmd/bellhop/internal/own"), libs: []string{"..."}},
	"cmd/bellhop/internal/cli/start": {own: commands, libs: []string{"..."}},
	"cmd/bellhop/internal/cli/look":  {own: and(commands, "pkg/janitor"), libs: []string{"..."}},
	"cmd/bellhop/internal/cli/act":   {own: and(commands, "cmd/bellhop/internal/kept", "cmd/bellhop/internal/console"), libs: []string{"..."}},
	"cmd/bellhop/internal/cli/data": {own: and(commands, "pkg/convert", "cmd/bellhop/internal/dbt", "cmd/bellhop/internal/own", "cmd/bellhop/internal/query/lint", "cmd/bellhop/internal/scratch",
		"cmd/bellhop/internal/monthly", "cmd/bellhop/internal/monthly/paper", "cmd/bellhop/internal/chromium"), libs: []string{"..."}},
	// The console renders what the read model and the questions say. It opens nothing itself, and knows no command line.
	"cmd/bellhop/internal/console": {
		own: and(core, "internal/catalog", "cmd/bellhop/internal/view", "cmd/bellhop/internal/page", "cmd/bellhop/internal/phrase", "cmd/bellhop/internal/monthly",
			"cmd/bellhop/internal/monthly/paper", "cmd/bellhop/internal/query", "cmd/bellhop/internal/quality", "cmd/bellhop/internal/review", "cmd/bellhop/internal/cost"),
		libs: []string{},
	},
	// A dbt project says what the definitions say.
	"cmd/bellhop/internal/dbt": {own: []string{"pkg/dataset"}, libs: []string{"go.yaml.in/yaml/v3"}},
	// What is wrong with a statement is told from its tree and the definitions alone.
	"cmd/bellhop/internal/query/lint": {own: []string{"pkg/dataset"}, pure: true},
	// A report of a month is computed from the read model and the questions of the catalogue, and drawn apart.
	"cmd/bellhop/internal/monthly": {own: []string{"pkg/...", "internal/catalog", "cmd/bellhop/..."}, libs: []string{"..."}},
	// The read model knows no command line and no terminal: a console shows what it computes, too.
	"cmd/bellhop/internal/view": {
		own: and(core, "pkg/ledger", "pkg/janitor", "pkg/requester", "pkg/dataset",
			"cmd/bellhop/internal/partitionfile", "cmd/bellhop/internal/phrase", "cmd/bellhop/internal/query"),
		pure: true,
	},
	// The checks are the catalogue's; what they find lies beside the tables in a folder.
	"cmd/bellhop/internal/quality": {
		own:  []string{"pkg/report", "pkg/dataset", "internal/catalog", "cmd/bellhop/internal/query", "cmd/bellhop/internal/migrate"},
		libs: []string{},
	},
	"cmd/bellhop/internal/operations": {own: and(core, "pkg/dataset", "cmd/bellhop/internal/view"), pure: true},
	"cmd/bellhop/internal/phrase":     {own: []string{"pkg/report"}, pure: true},
	// The simulators share no type with our clients, so that a misreading of the vendors' documents shows, and none with each other.
	"cmd/bellhop/internal/sim/alexa/...":    {own: and(simulated, "cmd/bellhop/internal/sim/alexa/..."), libs: []string{}},
	"cmd/bellhop/internal/sim/khoros/...":   {own: simulated, libs: []string{}},
	"cmd/bellhop/internal/sim/pinpoint/...": {own: simulated, libs: []string{}},
	"cmd/bellhop/internal/sim/rest":         {own: simulated, libs: []string{}},
	"cmd/bellhop/internal/sim/script":       {own: simulated, libs: []string{}},
	"cmd/bellhop/internal/sim/chance":       {libs: []string{}},
}

// outside are the standard library's ways to the outside, which a pure package has no use for.
var outside = []string{"database/sql/...", "net", "net/http/...", "os", "os/...", "syscall", "plugin", "unsafe"}

// layerOf finds the entry for a package: its own, else that of the nearest family.
func layerOf(dir string) (layer, bool) {
	if l, ok := layers[dir]; ok {
		return l, true
	}
	for family := dir; family != "."; family = parent(family) {
		if l, ok := layers[family+"/..."]; ok {
			return l, true
		}
	}
	return layer{}, false
}

func parent(dir string) string {
	if i := strings.LastIndexByte(dir, '/'); i >= 0 {
		return dir[:i]
	}
	return "."
}

func TestImportsPointOneWay(t *testing.T) {
	for _, file := range goFiles(t, false, "pkg", "functions", "cmd") {
		l, known := layerOf(file.dir)
		if !known {
			t.Errorf("%s: package %s is not in the table of layers: say there what it may import", file.path, file.dir)
			continue
		}
		for _, imported := range file.imports() {
			if reason := l.refuses(file.dir, imported); reason != "" {
				t.Errorf("%s imports %s: %s", file.path, imported, reason)
			}
		}
	}
}

// refuses says why a package of the layer may not import another, or nothing.
func (l layer) refuses(dir, imported string) string {
	standard := !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
	switch {
	case covers([]string{everything}, imported):
		if own := strings.TrimPrefix(imported, module+"/"); own != dir && !covers(l.own, own) {
			return dir + " may not depend on " + own
		}
	case standard:
		if l.pure && covers(outside, imported) {
			return dir + " is pure: the outside is handed to it"
		}
	case !covers(l.libs, imported) && !covers(l.libs, "..."):
		return "that library has no place in " + dir
	}
	return ""
}

func TestLayersRefuse(t *testing.T) {
	tests := map[string]struct {
		dir, imported string
		refused       bool
	}{
		"a use-case its rules":                {"pkg/ingester", module + "/pkg/report", false},
		"a use-case another use-case":         {"pkg/ingester", module + "/pkg/janitor", true},
		"a use-case an adapter":               {"pkg/ingester", module + "/pkg/objects", true},
		"a use-case the SDK":                  {"pkg/requester", "github.com/aws/aws-sdk-go-v2/aws", true},
		"a use-case the network":              {"pkg/janitor", "net/http", true},
		"a use-case the standard library":     {"pkg/janitor", "context", false},
		"the rules an adapter":                {"pkg/report", module + "/pkg/ledger", true},
		"fault anything of ours":              {"pkg/fault", module + "/pkg/report", true},
		"an adapter a use-case":               {"pkg/objects", module + "/pkg/ingester", true},
		"an adapter the SDK":                  {"pkg/objects", "github.com/aws/aws-sdk-go-v2/service/s3", false},
		"one vendor another vendor":           {"pkg/source/asp", module + "/pkg/source/khoros", true},
		"the requester Parquet":               {"functions/requester", module + "/pkg/convert", true},
		"the tables a conversion":             {"pkg/dataset", module + "/pkg/convert", true},
		"the tables Parquet":                  {"pkg/dataset", "github.com/parquet-go/parquet-go", true},
		"a conversion the tables":             {"pkg/convert", module + "/pkg/dataset", false},
		"the engine a conversion":             {"pkg/convert/columnar", module + "/pkg/convert", true},
		"the engine CSV":                      {"pkg/convert/columnar", "github.com/gocarina/gocsv", true},
		"the janitor a foreign library":       {"functions/janitor", "github.com/spf13/cobra", true},
		"what runs on Lambda the local stack": {"functions/janitor", module + "/cmd/bellhop/internal/sim/alexa", true},
		"the local stack any library":         {"cmd/bellhop/internal/sim", "github.com/spf13/cobra", false},
		"the read model the command line":     {"cmd/bellhop/internal/view", module + "/cmd/bellhop/internal/cli", true},
		"the read model cobra":                {"cmd/bellhop/internal/view", "github.com/spf13/cobra", true},
		"the read model the terminal":         {"cmd/bellhop/internal/view", "github.com/jedib0t/go-pretty/v6/table", true},
		"the commands a bucket's listing":     {"cmd/bellhop/internal/cli/look", module + "/pkg/objects", true},
		"the commands the read model":         {"cmd/bellhop/internal/cli/look", module + "/cmd/bellhop/internal/view", false},
		"a group of commands another":         {"cmd/bellhop/internal/cli/act", module + "/cmd/bellhop/internal/cli/data", true},
		"the shell a group of commands":       {"cmd/bellhop/internal/cli/shell", module + "/cmd/bellhop/internal/cli/look", true},
		"the simulator our words":             {"cmd/bellhop/internal/sim/alexa", module + "/pkg/report", true},
		"a simulated API our clients":         {"cmd/bellhop/internal/sim/alexa/skills", module + "/pkg/source/httpclient", true},
		"a simulated vendor its client":       {"cmd/bellhop/internal/sim/khoros", module + "/pkg/source/khoros", true},
		"a simulated vendor another":          {"cmd/bellhop/internal/sim/khoros", module + "/cmd/bellhop/internal/sim/alexa", true},
		"a simulated vendor its script":       {"cmd/bellhop/internal/sim/pinpoint", module + "/cmd/bellhop/internal/sim/script", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l, known := layerOf(test.dir)
			if !known {
				t.Fatalf("no layer for %s", test.dir)
			}
			if reason := l.refuses(test.dir, test.imported); (reason != "") != test.refused {
				t.Errorf("%s importing %s: refused %q, want refused: %t", test.dir, test.imported, reason, test.refused)
			}
		})
	}
	if _, known := layerOf("pkg/utils"); known {
		t.Error("a package that nobody placed has a layer")
	}
}
