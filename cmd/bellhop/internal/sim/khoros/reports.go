package khoros

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// report is a type of export.
type report struct {
	columns []string
	rows    func(selection) []record
}

// reports are the documented types. Documented are also the first four columns of conversation, the first three of
// raw_agent_states and those of response; all others are assumed. Columns are called as reportMetrics are.
var reports = map[string]report{
	"author": {strings.Fields("AUTHOR_ID AUTHOR_NAME AUTHOR_HANDLE AUTHOR_EMAIL AUTHOR_LOCATION PROVIDER POST_COUNT"), selection.authors},
	"combined": {strings.Fields("CONVERSATION_ID POST_ID DIRECTION POST_CONTENT AUTHOR_HANDLE RESPONDING_AGENT_DISPLAY_ID PUBLISHED_DATE MANUAL_TAG"),
		selection.combined},
	"conversation": {strings.Fields("CONVERSATION_ID STATUS ASSIGNED_AGENT_DISPLAY_ID TIME_ZONE CREATED_DATE CLOSED_DATE PRIORITY WORK_QUEUE " +
		"AUTHOR_NAME AUTHOR_HANDLE MANUAL_TAG INCOMING_POST_COUNT RESPONSE_COUNT HANDLE_TIME_SECONDS"), selection.conversations},
	actions: {strings.Fields("CONVERSATION_ID ACTION ACTION_DATE ACTION_VALUE AGENT_DISPLAY_ID AGENT_NAME"), selection.actions},
	history: {strings.Fields("CONVERSATION_ID ACTION_NUMBER ACTION ACTION_DATE AGENT_DISPLAY_ID"), selection.history},
	"incoming_post": {strings.Fields("CONVERSATION_ID POST_ID POST_CONTENT AUTHOR_NAME AUTHOR_HANDLE AUTHOR_EMAIL POST_LOCATION POST_PROVIDER " +
		"POST_LANGUAGE POST_SENTIMENT POST_PUBLISHED_DATE MANUAL_TAG"), selection.posts},
	brandPosts:  {strings.Fields("POST_ID CAMPAIGN_ID POST_CONTENT AUTHOR_NAME PROVIDER PUBLISHED_DATE"), selection.brandPosts},
	agentStates: {strings.Fields("agent_name agent_email agent_id team_id state state_start_date duration_seconds"), selection.states},
	"raw_expert_help": {strings.Fields("HELP_REQUEST_ID CONVERSATION_ID EXPERT_NAME EXPERT_EMAIL REQUEST_CONTENT REQUESTED_DATE"),
		selection.help},
	"response": {strings.Fields("CONVERSATION_ID RESPONDING_AGENT_DISPLAY_ID AGENT_RESPONSE_ORDER ASSISTANT_RHT AUTO_TAG BOT_RESPONSE_ORDER " +
		"DATE_CLAIMED EXPERT_RHT EXTERNAL_RESPONSE_ID MANUAL_TAG RESPONDING_AGENT_EMAIL RESPONSE_CONTENT RESPONSE_HANDLE " +
		"RESPONSE_LANGUAGE RESPONSE_LOCATION RESPONSE_ORDER RESPONSE_PROVIDER RESPONSE_PUBLISHED_DATE RESPONSE_SENTIMENT " +
		"RESPONSE_TAG RESPONSE_TAR RESPONSE_TYPE"), selection.responses},
	"response_approval": {strings.Fields("CONVERSATION_ID RESPONSE_ID APPROVER_NAME APPROVAL_STATUS REQUESTED_DATE"), selection.approvals},
	"team_performance":  {strings.Fields("TEAM_ID CONVERSATIONS_HANDLED RESPONSES_SENT HANDLE_TIME_SECONDS"), selection.teams},
	interval:            {strings.Fields("INTERVAL_START TEAM_ID CONVERSATIONS_HANDLED RESPONSES_SENT HANDLE_TIME_SECONDS"), selection.intervals},
	user:                {strings.Fields("AGENT_ID AGENT_NAME AGENT_EMAIL TEAM_ID ENABLED TOTAL_TIME"), selection.users},
}

// Types are the types of reports that there are, in order. Each is there below marketing/ too.
func Types() (types []string) {
	for name := range reports {
		types = append(types, name)
	}
	slices.Sort(types)
	return types
}

// file is the export's download.
func (a *api) file(j job) rest.Answer {
	kind, s := reports[j.Export.Type], a.selection(j)
	names, rows := kind.columns, kind.rows(s)
	if len(s.Columns) > 0 {
		for i, row := range rows {
			var chosen record
			for _, name := range s.Columns {
				chosen = append(chosen, row[slices.Index(names, name)])
			}
			rows[i] = chosen
		}
		names = s.Columns
	}
	if s.CSV {
		return rest.Answer{Status: http.StatusOK, ContentType: "text/csv;charset=UTF-8", Body: asCSV(names, rows)}
	}
	return rest.Answer{Status: http.StatusOK, ContentType: rest.ContentType, Body: asJSON(names, rows)}
}

// asCSV has a header that a person reads (assumed; the guide's user interface says Conversation ID for CONVERSATION_ID).
func asCSV(names []string, rows []record) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	var header []string
	for _, name := range names {
		words := strings.Split(strings.ToLower(name), "_")
		for i, word := range words {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
			if word == "id" {
				words[i] = "ID"
			}
		}
		header = append(header, strings.Join(words, " "))
	}
	_ = w.Write(header) // a buffer takes everything
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cell != nil {
				cells[i] = fmt.Sprint(cell)
			}
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return b.Bytes()
}

// asJSON is a list of objects, whose keys stand in the order of the columns.
func asJSON(names []string, rows []record) []byte {
	b := []byte("[")
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		for k, cell := range row {
			text, err := json.Marshal(cell)
			if err != nil {
				panic(err) // strings, numbers and nulls
			}
			b = fmt.Appendf(b, "%c%q:%s", "{,"[min(k, 1)], names[k], text)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}
