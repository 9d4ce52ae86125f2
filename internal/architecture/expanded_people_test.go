package architecture_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

func peopleRules() map[string]expandedRule {
	return map[string]expandedRule{
		"people get what they need where somebody asks for it": {
			broken: servesPeople,
			breaches: map[string]func(x expanded){
				"unasked":                         func(x expanded) { set(x.Resource("OperatorPolicy"), nil, "Condition") },
				"asked for by default":            func(x expanded) { set(x.Object, "true", "Parameters", "AccessPolicies", "Default") },
				"one database, and a view fails":  property([]any{}, "ReaderPolicy", "PolicyDocument", "Statement", 3, "Resource"),
				"no saved queries":                property("athena:GetNamedQuery", "ReaderPolicy", "PolicyDocument", "Statement", 0, "Action"),
				"a reader who writes days":        property("s3:PutObject", "ReaderPolicy", "PolicyDocument", "Statement", 4, "Action"),
				"an operator who reads raw files": property(everyObject("DeliveryBucket"), "OperatorPolicy", "PolicyDocument", "Statement", 3, "Resource"),
				"another credential":              property("*", "OperatorPolicy", "PolicyDocument", "Statement", 5, "Fn::If", 2, "Resource"),
				"another workgroup":               property("analytics", "WorkGroup", "Name"),
				"more than IAM takes": property(object{"Sid": "Long", "Effect": "Allow", "Action": strings.Repeat("x", 5000), "Resource": everyObject("Dataset")},
					"OperatorPolicy", "PolicyDocument", "Statement", 0),
			},
		},
	}
}

// servesPeople: with what a reader needs for the console's saved queries besides what the code calls, which another test compares.
func servesPeople(_ *testing.T, x expanded) []string {
	var problems []string
	s := cloudformation.NewStack(x, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789"})
	allowed := map[string]bool{}
	for _, id := range x.IDs("AWS::IAM::ManagedPolicy") {
		condition, _ := x.Resource(id)["Condition"].(string)
		if condition == "" || s.Holds(at(x.Object, "Conditions", condition)) {
			problems = append(problems, id+" is there without having been asked for")
		}
	}
	size := map[string]int{}
	for _, st := range statements(x) {
		size[st.owner] += len(compact(st.body)) - len(compact(st.body["Resource"]))
		for _, action := range st.actions {
			for _, resource := range st.resources {
				on := s.Text(resource)
				if action == st.actions[0] {
					size[st.owner] += max(90, len(on)) // of many ARNs only AWS knows the length
				}
				allowed[st.owner+" "+action+" "+on[strings.LastIndexByte(on, ':')+1:]] = true
				switch writes := !strings.HasPrefix(action, "s3:Get") && !strings.HasPrefix(action, "s3:List"); {
				case st.owner == "ReaderPolicy" && strings.HasPrefix(action, "s3:") && writes && !strings.Contains(on, "-results-"),
					st.owner == "OperatorPolicy" && strings.HasPrefix(action, "s3:") && strings.Contains(on, "-delivery-") &&
						strings.HasSuffix(on, "/*") && !strings.HasSuffix(on, "/import/*"): // where people's own files are put
					problems = append(problems, fmt.Sprintf("%s allows %s on %s", st.owner, action, on))
				}
			}
		}
	}
	for _, id := range x.IDs("AWS::IAM::ManagedPolicy") {
		if size[id] > 6144 {
			problems = append(problems, fmt.Sprintf("%s has some %d characters; IAM takes 6144", id, size[id]))
		}
	}
	wanted := []string{"athena:ListWorkGroups *", "glue:GetTable catalog"}
	for _, action := range []string{"GetWorkGroup", "ListNamedQueries", "GetNamedQuery", "BatchGetNamedQuery", "StartQueryExecution"} {
		wanted = append(wanted, "athena:"+action+" workgroup/"+s.Text(x.Properties("WorkGroup")["Name"]))
	}
	for _, id := range x.IDs("AWS::Glue::Database") {
		name := s.Text(at(x.Properties(id), "DatabaseInput", "Name"))
		wanted = append(wanted, "glue:GetDatabase database/"+name, "glue:GetTable table/"+name+"/*", "glue:GetPartitions table/"+name+"/*")
	}
	for _, action := range []string{"GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"} {
		wanted = append(wanted, "s3:"+action+" "+s.Text(object{"Ref": "QueryResultsBucket"})+"/*")
	}
	for _, need := range append(wanted, "s3:GetObject "+s.Text(object{"Ref": "DatasetBucket"})+"/*") {
		if !allowed["ReaderPolicy "+need] {
			problems = append(problems, "a reader needs "+need)
		}
	}
	if !allowed["OperatorPolicy ssm:PutParameter parameter/bellhop/bellhop/lwa"] {
		problems = append(problems, "the operator cannot store the credential")
	}
	return problems
}
