package stack_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go/logging"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/internal/standin"
)

// stackName is the name of the deployed stack.
const stackName = "bellhop"

// Account is an account with one installation.
type Account struct {
	t      *testing.T
	Config aws.Config
	// Template is the deployed stack, resolved.
	Template cloudformation.Stack

	mu        sync.Mutex
	resources map[string]string // physical by logical
	answers   map[string]http.HandlerFunc
	asked     map[string]int    // calls by action
	known     map[string]*Alarm // alarms by name
}

// Deploy starts an account and deploys the template with the parameters, which have defaults. The secret has no value yet.
// Where moto or SAM's transform is missing the test is skipped, and fails with REQUIRE_REAL=1.
func Deploy(t *testing.T, parameters map[string]string) *Account {
	t.Helper()
	x := cloudformation.Parse(t, cloudformation.Expanded(t, standin.Root(t)))
	a := &Account{t: t, resources: map[string]string{}, answers: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	a.Config = aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(a.front(standin.Moto.Start(t))), Logger: logging.Nop{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "example", ""),
	}
	all := map[string]string{"BucketPrefix": "bellhop-k7m2q9xw", "UnitId": "amzn1.alexa.unit.did.EXAMPLE", "AWS::AccountId": "123456789012"}
	maps.Copy(all, parameters)
	a.create(x, all)
	a.Template = cloudformation.NewStack(x, stackName, all)
	maps.Copy(a.Template.Values, a.resources)
	a.complete()
	return a
}

// environment has the SDK find the account by its variables, as a person's shell does.
func (a *Account) environment(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": aws.ToString(a.Config.BaseEndpoint), "AWS_REGION": a.Config.Region, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "example", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
}

// supported are the types that moto's CloudFormation makes, and makes right.
var supported = []string{
	"AWS::DynamoDB::Table", "AWS::IAM::Role", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function", "AWS::Logs::LogGroup",
	"AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue",
}

// create has moto make what it can.
func (a *Account) create(x cloudformation.Template, parameters map[string]string) {
	a.t.Helper()
	client := sdk.NewFromConfig(a.Config)
	resources := cloudformation.Object{}
	for _, id := range x.IDs(supported...) {
		body := maps.Clone(x.Resource(id))
		delete(body, "DependsOn")
		resources[id] = body
	}
	// Roles name parts that are made afterwards; the account checks no permission.
	for _, id := range x.IDs("AWS::IAM::Role") {
		properties := maps.Clone(x.Properties(id))
		delete(properties, "Policies")
		resources[id] = cloudformation.Object{"Type": "AWS::IAM::Role", "Properties": properties}
	}
	for _, id := range x.IDs("AWS::Lambda::Function") {
		properties := maps.Clone(x.Properties(id))
		delete(properties, "Environment")
		resources[id] = cloudformation.Object{"Type": "AWS::Lambda::Function", "Properties": properties}
	}
	body, err := json.Marshal(cloudformation.Object{
		"AWSTemplateFormatVersion": "2010-09-09", "Parameters": x.Object["Parameters"], "Conditions": x.Object["Conditions"], "Resources": resources,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.putCode()
	var in []types.Parameter
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if !strings.Contains(name, ":") {
			in = append(in, types.Parameter{ParameterKey: &name, ParameterValue: aws.String(parameters[name])})
		}
	}
	if _, err := client.CreateStack(a.t.Context(), &sdk.CreateStackInput{StackName: aws.String(stackName), TemplateBody: aws.String(string(body)), Parameters: in, Capabilities: []types.Capability{types.CapabilityCapabilityIam}}); err != nil {
		a.t.Fatalf("create the stack: %v", err)
	}
	pages := sdk.NewListStackResourcesPaginator(client, &sdk.ListStackResourcesInput{StackName: aws.String(stackName)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(a.t.Context())
		if err != nil {
			a.t.Fatalf("list the stack's resources: %v", err)
		}
		for _, r := range page.StackResourceSummaries {
			if id := aws.ToString(r.LogicalResourceId); id != "" {
				a.resources[id] = aws.ToString(r.PhysicalResourceId)
			}
		}
	}
	a.Answer("ListStackResources", a.listResources)
}

// putCode puts something where the expanded template says that the functions' code is.
func (a *Account) putCode() {
	a.t.Helper()
	var code bytes.Buffer
	archive := zip.NewWriter(&code)
	if _, err := archive.Create("bootstrap"); err != nil {
		a.t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		a.t.Fatal(err)
	}
	a.putObject("bucket", "key", code.Bytes())
}

// Answer has calls of one action answered by a handler instead of moto.
func (a *Account) Answer(action string, handler http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[action] = handler
}

// Asked is how often an action was called. The SDK's own retries do not count: on a busy machine it may need one.
func (a *Account) Asked(action string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked[action]
}

// front stands before moto: it answers what moto does not know, or not right.
func (a *Account) front(moto string) string {
	a.t.Helper()
	target, err := url.Parse(moto)
	if err != nil {
		a.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			a.t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		action := r.Header.Get("X-Amz-Target")
		if form, err := url.ParseQuery(string(body)); err == nil && action == "" {
			action = form.Get("Action")
		}
		action = action[strings.LastIndexByte(action, '.')+1:]
		if _, operation, ok := strings.Cut(r.URL.Path, "/operation/"); ok {
			action = operation
		}
		a.mu.Lock()
		if attempt := r.Header.Get("Amz-Sdk-Request"); attempt == "" || strings.HasPrefix(attempt, "attempt=1;") || attempt == "attempt=1" {
			a.asked[action]++
		}
		handler := a.answers[action]
		a.mu.Unlock()
		if handler != nil {
			handler(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	a.t.Cleanup(server.Close)
	return server.URL
}

// nested says in which nested stack the resources of a type are.
var nested = map[string]string{
	"AWS::Glue::Database": "AnalyticsStack", "AWS::Athena::WorkGroup": "AnalyticsStack", "AWS::CloudWatch::Alarm": "WatchingStack",
}

// listed is one resource in the answer of ListStackResources.
type listed struct {
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId"`
	ResourceType         string
	ResourceStatus       string
	LastUpdatedTimestamp string
}

// listResources answers ListStackResources for the stack and the nested ones: moto leaves out the names of what it did not make.
// What the stack's parameters leave out is listed as deleted, as after a change of them.
func (a *Account) listResources(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	stacks := map[string][]listed{stackName: nil}
	add := func(id, physical, status string) {
		kind, _ := a.Template.Template.Resource(id)["Type"].(string)
		resource := listed{id, physical, kind, status, "2026-11-01T00:00:00Z"}
		of := stackName
		if within := nested[kind]; within != "" {
			of = "arn:aws:cloudformation:us-east-1:123456789012:stack/" + stackName + "-" + within + "-1A2B3C/uuid"
			if _, known := stacks[of]; !known {
				resource := listed{within, of, "AWS::CloudFormation::Stack", "CREATE_COMPLETE", resource.LastUpdatedTimestamp}
				stacks[stackName] = append(stacks[stackName], resource)
			}
		}
		stacks[of] = append(stacks[of], resource)
	}
	a.mu.Lock()
	for _, id := range slices.Sorted(maps.Keys(a.resources)) {
		add(id, a.resources[id], "CREATE_COMPLETE")
	}
	a.mu.Unlock()
	for _, id := range a.Template.Template.IDs("AWS::CloudWatch::Alarm", "AWS::SecretsManager::Secret") {
		if !a.Template.Has(id) {
			add(id, "former-"+id, "DELETE_COMPLETE")
		}
	}
	name := r.FormValue("StackName")
	members, known := stacks[name]
	if !known {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id %s does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>`, name)
		return
	}
	var answer struct {
		XMLName xml.Name `xml:"ListStackResourcesResponse"`
		Result  struct {
			Members []listed `xml:"StackResourceSummaries>member"`
		} `xml:"ListStackResourcesResult"`
	}
	answer.Result.Members = members
	_ = xml.NewEncoder(w).Encode(answer) // it can be encoded; that nobody waits for it any more is the caller's affair
}

// ID is the physical name of a part.
func (a *Account) ID(part stack.Part) string {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	id := a.resources[string(part)]
	if id == "" {
		a.t.Fatalf("the stack has no %s", part)
	}
	return id
}

// Forget takes a part out of what the stack is said to consist of, and returns how to put it back.
func (a *Account) Forget(part stack.Part) (undo func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := a.resources[string(part)]
	delete(a.resources, string(part))
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.resources[string(part)] = id
	}
}

func (a *Account) add(id, physical string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.resources[id] = physical
}

func (a *Account) must(what string, err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatalf("%s: %v", what, err)
	}
}

// Installation is what the command line finds.
func (a *Account) Installation() *stack.Installation {
	a.t.Helper()
	in, err := stack.Find(a.t.Context(), a.Config, stackName)
	if err != nil {
		a.t.Fatal(err)
	}
	return in
}
