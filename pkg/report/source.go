package report

// SourceDescription is what a source tells people about itself before they subscribe.
type SourceDescription struct {
	// Name is the source's name in a subscription, Title what the vendor calls its API.
	Name  string `json:"name"`
	Title string `json:"title"`
	// Meaning says in a sentence or two what its reports hold.
	Meaning string `json:"meaning"`
	// Delivery is how its content gets into the delivery bucket.
	Delivery Delivering `json:"delivery"`
	// Credential names the credential that requests are sent with, Scope what it must have been granted.
	Credential string `json:"credential"`
	Scope      string `json:"scope"`
	// Countries, Latency and Horizon are sentences: where the API is offered, how long after a day its data are there,
	// and how far back it goes.
	Countries string `json:"countries"`
	Latency   string `json:"latency"`
	Horizon   string `json:"horizon"`
	// Limits are the vendor's, a sentence each.
	Limits []string `json:"limits"`
	// Sunset is the day on which the vendor ends the service; the zero date: none is announced.
	Sunset Date `json:"sunset,omitzero"`
	// Tables that its subscriptions can feed.
	Tables []string `json:"tables"`
	// Params are the parameters of a subscription.
	Params []ParamDescription `json:"params"`
	// Defaults are what a new subscription has where a person says nothing: the days of lag and refresh, and the longest window.
	Defaults Subscription `json:"-"`
}

// ParamDescription describes one parameter of a subscription.
type ParamDescription struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	// Default is what holds where a subscription does not set it. A required parameter has none.
	Default  string `json:"default,omitempty"`
	Required bool   `json:"required"`
	// Example is a value that the source accepts. A list is written with commas.
	Example string `json:"example"`
}

// Delivering is how a source's content gets into the delivery bucket.
type Delivering string

// The ways.
const (
	// DeliveryPushed: the vendor writes files into the bucket.
	DeliveryPushed Delivering = "pushed"
	// DeliveryFetched: bellhop asks, and delivers the answer.
	DeliveryFetched Delivering = "fetched"
	// DeliveryPolled: bellhop orders an export, asks until it is finished, and delivers it.
	DeliveryPolled Delivering = "polled"
)

// Subscription returns a new subscription to the source, with its defaults.
func (d SourceDescription) Subscription(name string) Subscription {
	sub := d.Defaults
	sub.Name, sub.Source = name, d.Name
	return sub
}

// Example returns a first subscription that the source accepts: its required parameters, with their examples.
func (d SourceDescription) Example(name string) Subscription {
	sub := d.Subscription(name)
	sub.Params = Params{}
	for _, p := range d.Params {
		if p.Required {
			sub.Params[p.Name] = p.Example
		}
	}
	return sub
}
