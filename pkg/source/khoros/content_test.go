package khoros

import (
	"errors"
	"io"
	"maps"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// made returns what becomes of an export.
func made(t *testing.T, params report.Params, export io.Reader) (string, error) {
	t.Helper()
	w := orderOf(t, params)
	c, err := newContent(io.NopCloser(export), w, aDay, redact.NewText("key"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(c)
	return string(text), err
}

const states = "dataset_date,company,agent_name,extra\n"

func TestContent(t *testing.T) {
	const row = "2026-11-14,Harbour Hotels,"
	long := strings.Repeat("x", 300<<10)
	tests := map[string]struct{ format, export, want string }{
		"columns in snake case": {
			formatJSON, `[{"AGENT_STATE":"busy","Handle Time":"3","teamID":"7"}]`,
			states + row + `,"{""agent_state"":""busy"",""handle_time"":""3"",""team_id"":""7""}"` + "\n",
		},
		"values of every kind": {
			formatJSON, ` [ {"a":1.50,"b":true,"c":null,"d":{"x": [1, 2]},"e":"","f":12345678901234567890} ] `,
			states + row + `,"{""a"":""1.50"",""b"":""true"",""d"":""{\""x\"":[1,2]}"",""f"":""12345678901234567890""}"` + "\n",
		},
		"keys that come later":           {formatJSON, `[{"a":"1"},{"b":"2"},{}]`, states + row + `,"{""a"":""1""}"` + "\n" + row + `,"{""b"":""2""}"` + "\n" + row + ",\n"},
		"one name twice":                 {formatJSON, `[{"A":"1","a":"2","A":"3"},{"a":"4"}]`, states + row + `,"{""a"":""1"",""a_2"":""2"",""a_3"":""3""}"` + "\n" + row + `,"{""a_2"":""4""}"` + "\n"},
		"names that bellhop has":         {formatJSON, `[{"company":"theirs","Dataset Date":"x","extra":"y"}]`, states + row + `,"{""company_2"":""theirs"",""dataset_date_2"":""x"",""extra_2"":""y""}"` + "\n"},
		"no rows":                        {formatJSON, `[]`, states},
		"no rows of CSV":                 {formatCSV, "a,b\n", states},
		"no end of the last line":        {formatCSV, "a,b\n1,2", states + row + `,"{""a"":""1"",""b"":""2""}"` + "\n"},
		"a mark at the beginning":        {formatCSV, "\xEF\xBB\xBF\"a\",b\r\n1,2\r\n", states + row + `,"{""a"":""1"",""b"":""2""}"` + "\n"},
		"line feeds of every kind":       {formatCSV, "a\r\n\"x\r\ny\nz\rq\"\r\n", states + row + `,"{""a"":""x\r\ny\nz\rq""}"` + "\n"},
		"quotes and commas":              {formatCSV, "a,b\n\"she said \"\"hi\"\", twice\",\"\"\"\"\n", states + row + `,"{""a"":""she said \""hi\"", twice"",""b"":""\""""}"` + "\n"},
		"emoji and formulas":             {formatCSV, "a,b\n🎉👩🏽‍🚀,=cmd|' /C calc'!A0\n", states + row + `,"{""a"":""🎉👩🏽‍🚀"",""b"":""=cmd|' /C calc'!A0""}"` + "\n"},
		"formulas of other kinds":        {formatJSON, `[{"a":"+1","b":"-1","c":"@SUM(1)","d":"\t=1"}]`, states + row + `,"{""a"":""+1"",""b"":""-1"",""c"":""@SUM(1)"",""d"":""\t=1""}"` + "\n"},
		"blanks stay":                    {formatCSV, "a,b\n  x , \n", states + row + `,"{""a"":""  x "",""b"":"" ""}"` + "\n"},
		"no UTF-8":                       {formatCSV, "a,b\n\xff,x\x00y\n", states + row + `,"{""a"":""�"",""b"":""x�y""}"` + "\n"},
		"a NUL in JSON":                  {formatJSON, `[{"a":"x\u0000y"}]`, states + row + `,"{""a"":""x�y""}"` + "\n"},
		"quotes that are not doubled":    {formatCSV, "a,b\n\"x\",\"1\r\n2\"\n5\" screen,y\n\"z\" z\",1\n", states + row + `,"{""a"":""x"",""b"":""1\r\n2""}"` + "\n" + row + `,"{""a"":""5\"" screen"",""b"":""y""}"` + "\n" + row + `,"{""a"":""z\"" z"",""b"":""1""}"` + "\n"},
		"a quote too many, and no other": {formatCSV, "a,b\n\"x\" y\",1\nz,2\n", states + row + `,"{""a"":""x\"" y"",""b"":""1""}"` + "\n" + row + `,"{""a"":""z"",""b"":""2""}"` + "\n"},
		"a column without a name":        {formatCSV, "a,,b\n1,2,3\n", states + row + `,"{""a"":""1"",""b"":""3"",""column_2"":""2""}"` + "\n"},
		"a long text":                    {formatCSV, "a\n" + long + "\n", states + row + `,"{""a"":""` + long + `""}"` + "\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(tt.export), iotest.OneByteReader(strings.NewReader(tt.export))} {
				got, err := made(t, report.Params{"report": "raw_agent_states", "format": tt.format}, in)
				if err != nil || got != tt.want {
					t.Errorf("got %.400q, %v\nwant %.400q", got, err, tt.want)
				}
			}
		})
	}
}

// A column that the table knows has a cell of its own, whatever the vendor's case.
func TestKnownColumns(t *testing.T) {
	got, err := made(t, report.Params{"report": "conversation", "conversation_report_type": "CREATED", "format": "csv"},
		strings.NewReader("Conversation ID,STATUS,assignedAgentDisplayId,TIME_ZONE\n7,\"open, new\",9,UTC\n"))
	const want = "dataset_date,company,conversation_id,status,assigned_agent_display_id,time_zone,extra\n2026-11-14,Harbour Hotels,7,\"open, new\",9,UTC,\n"
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
}

// What cannot be read says where, and quotes nothing.
func TestContentThatBreaks(t *testing.T) {
	tests := map[string]struct{ format, export, says string }{
		"nothing":                   {formatJSON, "", "ends within row 0"},
		"nothing of CSV":            {formatCSV, "", "not even a header"},
		"a page":                    {formatJSON, "<html>Room 101</html>", "not a JSON array"},
		"an object":                 {formatJSON, `{"status":"FAIL","result":"Room 101"}`, "not a JSON array"},
		"an array of something":     {formatJSON, `["Room 101"]`, "not a JSON array of objects, at row 1"},
		"cut within a row":          {formatJSON, `[{"a":"1"},{"a":"Room`, "ends within row 2"},
		"cut behind a row":          {formatJSON, `[{"a":"1"}`, "ends within row 2"},
		"cut behind a comma":        {formatJSON, `[{"a":"1"},`, "ends within row 2"},
		"more behind the end":       {formatJSON, `[{"a":"1"}] Room`, "not a JSON array"},
		"a row without end":         {formatJSON, `[{"a":"` + strings.Repeat("Room", 5<<20) + `"}]`, "longer than"},
		"cut within quotes":         {formatCSV, "a,b\n1,\"Room\n", "ends within row 2"},
		"cut within a row, CSV":     {formatCSV, "a,b\n1,2\nRoom", "row 3 has 1 cells, and the header 2"},
		"cells too many":            {formatCSV, "a,b\n1,2,Room\n", "row 2 has 3 cells, and the header 2"},
		"semicolons":                {formatCSV, "a;Room\n1;2\n", "not separated by commas"},
		"a row of CSV without end":  {formatCSV, "a,b\n\"" + strings.Repeat("Room\n", 4<<20), "longer than"},
		"more columns than anybody": {formatCSV, manyColumns(1001) + "\n" + strings.Repeat("1,", 1000) + "1\n", "more than 1000 columns"},
		"a name without end":        {formatCSV, strings.Repeat("Room", 50) + ",b\n1,2\n", "longer than 100 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := made(t, report.Params{"report": "raw_agent_states", "format": tt.format}, strings.NewReader(tt.export))
			if !fault.Is(err, fault.Transient) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "Room") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func manyColumns(n int) string {
	var names []string
	for i := range n {
		names = append(names, "c"+strconv.Itoa(i))
	}
	return strings.Join(names, ",")
}

// A download that breaks off keeps its own error, wherever that is.
func TestADownloadThatBreaksOff(t *testing.T) {
	off := errors.New("broken off")
	for format, export := range map[string]string{formatJSON: `[{"a":"1","b":"2"},{"a":"3"}]`, formatCSV: "a,b\n1,\"2\"\n3,\"4\"\n"} {
		for n := range len(export) + 1 {
			_, err := made(t, report.Params{"report": "raw_agent_states", "format": format}, io.MultiReader(strings.NewReader(export[:n]), iotest.ErrReader(off)))
			if !errors.Is(err, off) {
				t.Errorf("after %q: %v", export[:n], err)
			}
		}
	}
}

func TestPersonalColumns(t *testing.T) {
	for name, want := range map[string]bool{
		"agent_name": true, "author_name": true, "author": true, "assigned_agent": true, "agent_first_name": true, "display_name": true, "name": true,
		"author_handle": true, "response_handle": true, "responding_agent_email": true, "e_mail": true, "email_id": true, "response_content": true,
		"post_text": true, "author_location": true, "permalink": true, "post_url": true, "internal_notes": true, "subject": true,
		"handle_time_total": false, "agent_response_order": false, "responding_agent_display_id": false, "conversation_id": false, "team_name": false,
		"work_queue_name": false, "company_name": false, "author_id": false, "content_type": false, "message_count": false, "status": false,
		"time_zone": false, "response_language": false, "message_id": false, "expert_rht": false,
	} {
		if got := personal(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Nothing personal is delivered unless somebody asks for it by its name.
func TestWhatIsPersonalIsDroppedOrHashed(t *testing.T) {
	const export = `[{"Agent Name":"Ada","author_handle":"@ada","post_text":"Hello","mood":"glad"},{"Agent Name":"","author_handle":"@bob","mood":"glad"}]`
	// printf @ada | openssl dgst -sha256 -hmac key
	const ada = "0d9e432097811812c68aa81f77759c879796650ff5457b5c5a161f8f5f954111"
	tests := map[string]struct {
		params report.Params
		want   string // of the first row
	}{
		"by default":        {nil, `,"{""mood"":""glad""}"`},
		"kept":              {report.Params{"keep": "agent_name,post_text"}, `Ada,"{""mood"":""glad"",""post_text"":""Hello""}"`},
		"dropped besides":   {report.Params{"keep": "agent_name", "drop": "mood"}, `Ada,`},
		"hashed":            {report.Params{"hash": "author_handle"}, `,"{""author_handle"":""` + ada + `"",""mood"":""glad""}"`},
		"hashed though not": {report.Params{"hash": "agent_name", "drop": "mood"}, "HASH,"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := made(t, with(report.Params{"report": "raw_agent_states"}, tt.params), strings.NewReader(export))
			lines := strings.Split(got, "\n")
			want := strings.Replace("2026-11-14,Harbour Hotels,"+tt.want, "HASH", hashOf("Ada"), 1)
			if err != nil || lines[1] != want {
				t.Errorf("got %q, %v\nwant %q", lines[1], err, want)
			}
		})
	}
}

func hashOf(text string) string { return (&plan{key: redact.NewText("key")}).digest(text) }

func with(params, change report.Params) report.Params {
	all := report.Params{}
	maps.Copy(all, params)
	maps.Copy(all, change)
	return all
}

// endless is an export of a size, made as it is read.
type endless struct {
	head, row, end string
	left           int64
	rest           string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		switch {
		case e.head != "":
			e.rest, e.head = e.head, ""
		case e.left > 0:
			e.rest = e.row
			e.left -= int64(len(e.row))
		case e.end != "":
			e.rest, e.end = e.end, ""
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// An export is never in memory whole: 64 MiB of it take no more than some megabytes of the heap. BELLHOP_KHOROS_EXPORT_BYTES sets
// another size, such as 10737418240.
func TestAnExportOfAnySizeTakesLittleMemory(t *testing.T) {
	size := int64(64 << 20)
	if text := os.Getenv("BELLHOP_KHOROS_EXPORT_BYTES"); text != "" {
		var err error
		if size, err = strconv.ParseInt(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	const bound = 8 << 20
	text := strings.Repeat(`Line\r\nwith words, `, 500)
	exports := map[string]*endless{
		formatJSON: {head: `[{"a":"1"}`, row: `,{"state":"busy","note":"dropped","free":"` + text + `"}`, end: "]", left: size},
		formatCSV:  {head: "state,note,free\n", row: "busy,dropped,\"" + strings.ReplaceAll(text, `\r\n`, "\r\n") + "\"\n", left: size},
	}
	for format, export := range exports {
		t.Run(format, func(t *testing.T) {
			w := orderOf(t, report.Params{"report": "raw_agent_states", "format": format})
			c, err := newContent(io.NopCloser(export), w, aDay, redact.Text{})
			if err != nil {
				t.Fatal(err)
			}
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var total, peak int64
			for chunk := make([]byte, 1<<20); err == nil; {
				var n int
				n, err = io.ReadFull(c, chunk)
				if total += int64(n); total>>20%16 == 0 {
					runtime.GC()
					runtime.ReadMemStats(&now)
					peak = max(peak, int64(now.HeapAlloc)-int64(before.HeapAlloc))
				}
			}
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			if total < size/2 || peak > bound {
				t.Errorf("%d bytes came, and %d were held", total, peak)
			}
			t.Logf("%d bytes, %d held", total, peak)
		})
	}
}
