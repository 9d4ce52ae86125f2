package main

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// TestTheRoleMayDeliverWhatIsFetched: each source that the vendor does not deliver has its part of the delivery bucket.
func TestTheRoleMayDeliverWhatIsFetched(t *testing.T) {
	template, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fetched := 0
	for _, source := range sources(config.Defaults[config.Requester](), aws.Config{}, nil, nil, nil) {
		d := source.(interface {
			Describe() report.SourceDescription
		}).Describe()
		if d.Delivery == report.DeliveryPushed {
			continue
		}
		fetched++
		if part := "!Sub '${DeliveryBucket.Arn}/" + source.Name() + "/*'"; !strings.Contains(string(template), part) {
			t.Errorf("template.yaml does not let the requester put into %s", part)
		}
	}
	if fetched == 0 {
		t.Error("no source is fetched")
	}
}

// TestTheUserOfKhorosCareIsOptional: without a secret a subscription waits for its credential, and nothing else changes.
func TestTheUserOfKhorosCareIsOptional(t *testing.T) {
	for id, want := range map[string]bool{"": false, "bellhop/khoros": true, "/bellhop/khoros": true} {
		user, err := khorosUser(config.Requester{KhorosSecretID: id}, nil, nil)
		if err != nil || (user != nil) != want {
			t.Errorf("%q: %v, %v", id, user, err)
		}
	}
	if _, err := khorosUser(config.Requester{KhorosSecretID: "arn:aws:s3:::a-bucket"}, nil, nil); err == nil || strings.Contains(err.Error(), "a-bucket") {
		t.Errorf("got %v", err)
	}
	for _, source := range sources(config.Defaults[config.Requester](), aws.Config{}, nil, nil, nil) {
		if source.Name() == report.SourceKhorosCare && !fault.Is(source.Authorize(t.Context(), nil), fault.NotFound) {
			t.Error("without a secret it may be asked")
		}
	}
}
