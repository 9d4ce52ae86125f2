package khoros

// DemoCompanies are two tenants. The first has conversations about these properties; the second is another customer's, whose data
// the first never sees.
func DemoCompanies(properties []string) []Company {
	first := Company{Key: "lakeside-c01", Username: "reports@lakeside.example", Password: "local-khoros-password", Daily: 40}
	for _, name := range properties {
		first.Properties = append(first.Properties, Tag(name))
	}
	return []Company{first, {
		Key: "elsewhere-c02", Username: "reports@elsewhere.example", Password: "local-khoros-password-2", Daily: 12,
		Properties: []string{"seaview"},
	}}
}
