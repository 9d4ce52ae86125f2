package campaigns

import (
	"encoding/json"
	"reflect"
	"testing"
)

// Two campaigns of one promotion target a unit both; the third says the same at another time.
func TestGroups(t *testing.T) {
	const content = `"suggestion":{"variants":[{"content":{"values":[{"locale":"en-US","datasources":{"displayText":{"title":"Spa"}}}]}}]}`
	var all []Listed
	err := json.Unmarshal([]byte(`[
		{"campaignId":"a",`+content+`,"targeting":{"values":[{"id":"u1"},{"id":"u2"}]},"scheduling":{"activationWindow":{"start":"s","end":"e"}}},
		{"campaignId":"b",`+content+`,"targeting":{"values":[{"id":"u1"}]},"scheduling":{"activationWindow":{"start":"s","end":"later"}}},
		{"campaignId":"c",`+content+`,"targeting":{"values":[{"id":"u2"},{"id":"u3"}]},"scheduling":{"activationWindow":{"start":"s","end":"e"}}}
	]`), &all)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Groups(all)
	if err != nil || len(got) != 2 || got[0].Name == got[1].Name {
		t.Fatalf("%+v, %v", got, err)
	}
	want := Group{Name: got[0].Name, Title: "Spa", Window: Window{"s", "e"}, IDs: []string{"a", "c"}, Units: 3}
	if !reflect.DeepEqual(got[0], want) || !reflect.DeepEqual(got[1].IDs, []string{"b"}) || got[1].Units != 1 {
		t.Errorf("%+v, want %+v first", got, want)
	}
}
