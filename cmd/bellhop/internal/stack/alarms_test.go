package stack_test

import (
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// Alarm is an alarm in CloudWatch.
type Alarm struct {
	Description string
	State       string // OK, ALARM or INSUFFICIENT_DATA
	Muted       bool
	actions     []string
}

// alarms makes the alarms of the template, and the subscription of AlarmEmail when there is one. moto does not speak the
// protocol in which the SDK talks to CloudWatch, so the account answers for it.
func (a *Account) alarms() {
	a.t.Helper()
	a.known = map[string]*Alarm{}
	for _, id := range a.Template.Template.IDs("AWS::CloudWatch::Alarm") {
		if !a.Template.Has(id) {
			continue
		}
		p := a.Template.Template.Properties(id)
		alarm := &Alarm{State: "OK", Description: a.Template.Text(p["AlarmDescription"])}
		for _, action := range a.Template.List(p["AlarmActions"]) {
			alarm.actions = append(alarm.actions, a.Template.Text(action))
		}
		a.known[stackName+"-"+id] = alarm
		a.add(id, stackName+"-"+id)
	}
	a.Answer("DescribeAlarms", a.describeAlarms)
	if email := a.Template.Values["AlarmEmail"]; email != "" {
		protocol := a.Template.Text(cloudformation.At(a.Template.Template.Properties("AlarmSubscription"), "Protocol"))
		_, err := sns.NewFromConfig(a.Config).Subscribe(a.t.Context(), &sns.SubscribeInput{
			TopicArn: aws.String(a.ID(stack.AlarmTopic)), Protocol: &protocol, Endpoint: &email,
		})
		a.must("subscribe to the alarms", err)
	}
}

// Alarm changes an alarm; nil takes it away. It returns how to put it back.
func (a *Account) Alarm(id string, change func(*Alarm)) (undo func()) {
	a.t.Helper()
	name := a.ID(stack.Part(id))
	a.mu.Lock()
	defer a.mu.Unlock()
	before := *a.known[name]
	if change == nil {
		delete(a.known, name)
	} else {
		change(a.known[name])
	}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.known[name] = &before
	}
}

// describeAlarms answers for the names that are asked for, twenty at a time, so that callers have to turn the page.
func (a *Account) describeAlarms(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	decoded, err := cbor.Decode(body)
	request, ok := decoded.(cbor.Map)
	asked, listed := request["AlarmNames"].(cbor.List)
	if err != nil || !ok || !listed || len(asked) > 100 {
		a.t.Errorf("CloudWatch is asked for %v (%v)", decoded, err)
	}
	after, _ := request["NextToken"].(cbor.String)
	a.mu.Lock()
	defer a.mu.Unlock()
	var page cbor.List
	answer, last := cbor.Map{}, ""
	for _, name := range slices.Sorted(maps.Keys(a.known)) {
		if !slices.Contains(asked, cbor.Value(cbor.String(name))) || name <= string(after) {
			continue
		}
		if len(page) == 20 {
			answer["NextToken"] = cbor.String(last)
			break
		}
		page, last = append(page, a.known[name].encode(name)), name
	}
	answer["MetricAlarms"] = page
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	_, _ = w.Write(cbor.Encode(answer))
}

func (a *Alarm) encode(name string) cbor.Map {
	var actions cbor.List
	for _, action := range a.actions {
		actions = append(actions, cbor.String(action))
	}
	return cbor.Map{
		"AlarmName": cbor.String(name), "AlarmDescription": cbor.String(a.Description), "StateValue": cbor.String(a.State),
		"ActionsEnabled": cbor.Bool(!a.Muted), "AlarmActions": actions,
	}
}
