package main

import (
	"os"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// TestTheRoleMayDeliverWhatIsFetched: each source that the vendor does not deliver has its part of the delivery bucket.
func TestTheRoleMayDeliverWhatIsFetched(t *testing.T) {
	template, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fetched := 0
	for _, source := range sources(config.Defaults[config.Requester](), nil, nil) {
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
