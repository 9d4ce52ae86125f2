package khoros

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

const (
	reportsPath = "/api/public/reports/report/"
	filesPath   = "/exports/"
)

// jobInfo and state are documented.
type jobInfo struct {
	WorkflowID  string  `json:"workflowId"`
	RunID       string  `json:"runId"`
	DownloadURL *string `json:"downloadUrl,omitempty"`
	StatusURL   *string `json:"statusUrl,omitempty"`
}

type state struct {
	RunnerState         string  `json:"runnerState"`
	Reason              *string `json:"reason"`
	Detail              string  `json:"detail"`
	CurrentCount        *int    `json:"currentCount"`
	TotalCount          *int    `json:"totalCount"`
	LastAcknowledgeTime *int    `json:"lastAcknowledgeTime"`
}

// create adds an export.
func (a *api) create(r rest.Request, of Company, e export, marketing bool, twists []rest.Twist) rest.Answer {
	c := chance.Draw(a.Seed, "job", of.Key, int64(len(a.Jobs)))
	j := job{Workflow: c.UUID(), Run: runID(c), Company: of.Key, Export: e, Created: r.Now}
	j.Ready = r.Now.Add(a.DelayMin + time.Duration(c.Below(int64(a.DelayMax-a.DelayMin)+1)))
	// The types that the vendor's newer document lacks are answered as its general example is: ids, and no URLs.
	idsOnly := marketing || e.Type == brandPosts
	for _, t := range twists {
		switch script.Kind(t.Kind) {
		case JobFails:
			j.Failed, j.Reason = true, t.Name
		case JobNeverEnds:
			j.Endless = true
		case JobLate:
			j.Ready = j.Ready.Add(cmp.Or(t.Delay, 30*time.Minute))
		}
	}
	a.Jobs = append(a.Jobs, j)
	info := jobInfo{WorkflowID: j.Workflow, RunID: j.Run}
	if !idsOnly {
		auth := url.Values{"companyKey": {of.Key}}.Encode()
		download := ""
		if e.Type == user {
			download = j.url(r.Host, Download, auth) // documented, although nothing ran yet
		}
		status := j.url(r.Host, Status, auth)
		info.DownloadURL, info.StatusURL = &download, &status
	}
	info.twist(j, r, twists)
	answer := pass(info)
	if r.Method == http.MethodPost {
		answer.ContentType = "text/plain" // documented: the same JSON under both types
	}
	return answer
}

// runID has the documented form: 23, and 32 bytes in base64, among them + and /.
func runID(c *chance.Stream) string {
	id := []byte(base64.StdEncoding.EncodeToString([]byte(c.Hex(32))))
	id[5], id[17] = '+', '/'
	return "23" + string(id)
}

func (j job) url(host, operation, auth string) string {
	return "http://" + host + reportsPath + j.Workflow + "/" + url.QueryEscape(j.Run) + "/" + operation + "?" + auth
}

// twist changes the URLs of an answer.
func (i *jobInfo) twist(j job, r rest.Request, twists []rest.Twist) {
	for _, t := range twists {
		switch script.Kind(t.Kind) {
		case URLEarly:
			early := j.url(r.Host, Download, url.Values{"companyKey": {j.Company}}.Encode())
			i.DownloadURL = &early
		case URLMissing:
			i.DownloadURL = new(string)
		case ForeignStatusHost:
			foreign := j.url(cmp.Or(t.Name, "analytics-api.qa.aws.lcloud.com"), Status, "companyKey="+url.QueryEscape(j.Company))
			i.StatusURL = &foreign
		case IDsOnly:
			i.DownloadURL, i.StatusURL = nil, nil
		}
	}
}

// readJob is a call about one export.
func (a *api) readJob(r rest.Request, of Company, segments []string) (rest.Call, rest.Answer) {
	if r.Method != http.MethodGet {
		return rest.Call{}, rest.NotAllowed(http.MethodGet)
	}
	workflow, err := url.PathUnescape(segments[0])
	run, err2 := url.PathUnescape(segments[1])
	query, err3 := url.ParseQuery(r.RawQuery)
	key, token := query.Get("companyKey"), query.Get("analyticsAccessToken")
	if err != nil || err2 != nil || err3 != nil || key == "" && token == "" {
		return rest.Call{}, a.Refuse(http.StatusBadRequest, "")
	}
	for _, j := range a.Jobs {
		if j.Workflow != workflow || j.Run != run || j.Company != of.Key {
			continue
		}
		if key != j.Company && !a.tokenFits(j, token, r.Now) {
			return rest.Call{}, a.Refuse(http.StatusForbidden, "") // assumed
		}
		serve := func(twists []rest.Twist) rest.Answer { return a.status(r, j, twists) }
		if segments[2] == Download {
			serve = func(twists []rest.Twist) rest.Answer { return a.download(r, j, twists) }
		}
		return rest.Call{
			Operation: segments[2], Metrics: []string{j.Export.Type}, From: j.Export.From, To: j.Export.To.Add(time.Millisecond), Serve: serve,
		}, rest.Answer{}
	}
	return rest.Call{}, a.Refuse(http.StatusNotFound, "") // assumed
}

// token opens an export for a while, beside Basic authentication. It has the documented form: 16 bytes in base64.
func (a *api) token(j job, number int64) string {
	return base64.StdEncoding.EncodeToString([]byte(chance.Draw(a.Seed, "token", j.Company+j.Run, number).Hex(16)))
}

func (a *api) tokenFits(j job, token string, now time.Time) bool {
	number := now.UnixNano() / int64(a.TokenLife)
	return token == a.token(j, number) || token == a.token(j, number-1)
}

func (j job) done(now time.Time) bool { return !j.Endless && !now.Before(j.Ready) }

// status answers in the documented shapes: an object when the download is ready, otherwise a list of one.
func (a *api) status(r rest.Request, j job, twists []rest.Twist) rest.Answer {
	auth := url.Values{"analyticsAccessToken": {a.token(j, r.Now.UnixNano()/int64(a.TokenLife))}}.Encode()
	download, status := "", j.url(r.Host, Status, auth)
	const running, ended, completed, failed = "RUNNING", "CLOSED", "COMPLETED", "FAILED" // documented
	s := state{RunnerState: running}
	if j.done(r.Now) {
		s.RunnerState, s.Detail = ended, failed
		if !j.Failed {
			s.Detail, download = completed, j.url(r.Host, Download, auth)
		} else if j.Reason != "" {
			s.Reason = &j.Reason
		}
	}
	both := struct {
		JobInfo jobInfo `json:"jobInfo"`
		Result  state   `json:"result"`
	}{jobInfo{WorkflowID: j.Workflow, RunID: j.Run, DownloadURL: &download, StatusURL: &status}, s}
	both.JobInfo.twist(j, r, twists)
	if s.Detail == completed {
		return pass(both)
	}
	return pass([]any{both})
}

// linkLife is how long the link to a file is good for (assumed).
const linkLife = 5 * time.Minute

// download leads on to the file.
func (a *api) download(r rest.Request, j job, twists []rest.Twist) rest.Answer {
	if !j.done(r.Now) || j.Failed {
		return a.Refuse(http.StatusNotFound, "") // assumed
	}
	if a.Files == "" && len(twists) == 0 {
		return a.file(j)
	}
	base := a.Files
	for _, t := range twists {
		base = cmp.Or(t.Name, "https://exports.example.net") // foreign redirect
	}
	expires := strconv.FormatInt(r.Now.Add(linkLife).Unix(), 10)
	link := base + filesPath + j.Workflow + "?" + url.Values{"Expires": {expires}, "Signature": {a.signature(j, expires)}}.Encode()
	return rest.Answer{Status: http.StatusFound, ContentType: "text/plain", Header: map[string]string{"Location": link}}
}

func (a *api) signature(j job, expires string) string {
	return chance.Draw(a.Seed, "link "+expires, j.Run, 0).Hex(32)
}

// readFile is a call to the other host. As at S3, a signed link is no good together with other credentials (assumed).
func (a *api) readFile(r rest.Request, workflow string) (rest.Call, rest.Answer) {
	query, err := url.ParseQuery(r.RawQuery)
	switch {
	case r.Method != http.MethodGet:
		return rest.Call{}, rest.NotAllowed(http.MethodGet)
	case err != nil, r.Header.Get("Authorization") != "":
		return rest.Call{}, a.Refuse(http.StatusBadRequest, "")
	}
	expires := query.Get("Expires")
	until, err := strconv.ParseInt(expires, 10, 64)
	for _, j := range a.Jobs {
		if err != nil || j.Workflow != workflow || query.Get("Signature") != a.signature(j, expires) || r.Now.Unix() >= until {
			continue
		}
		return rest.Call{
			Operation: File, Metrics: []string{j.Export.Type}, From: j.Export.From, To: j.Export.To.Add(time.Millisecond),
			Serve: func(twists []rest.Twist) rest.Answer {
				answer := a.file(j)
				for _, t := range twists {
					if script.Kind(t.Kind) == Truncated {
						answer.Body = answer.Body[:len(answer.Body)*2/3]
					}
					answer.Short = answer.Short || script.Kind(t.Kind) == CutShort
				}
				return answer
			},
		}, rest.Answer{}
	}
	return rest.Call{}, a.Refuse(http.StatusForbidden, "")
}
