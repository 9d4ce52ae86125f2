package alarm

// Alarms on what AWS says of the stack's parts. That no value is there means for all of them that nothing happened.

// Timeout says how long the functions may run, in seconds; the template's tests hold it against the template.
var Timeout = map[string]int{"Requester": 290, "Ingester": 300, "Janitor": 290}

func queue(name, queue, metric, statistic string, periods int, comparison string, threshold float64, why string) Alarm {
	return Alarm{
		Name: name, Namespace: "AWS/SQS", Metric: metric, Dimensions: []Dimension{{"QueueName", "!GetAtt " + queue + ".QueueName"}},
		Statistic: statistic, Period: 5 * minute, Periods: periods, Enough: periods, Comparison: comparison, Threshold: threshold,
		Missing: NotBreaching, Why: why,
	}
}

func queues() []Alarm {
	return []Alarm{
		queue("Deliveries are dead letters", "IngestDeadLetters", "ApproximateNumberOfMessagesVisible", "Maximum", 1, ">=", 1,
			"Five tries have failed. The sweep starts the load again all the same, as long as the file is there."),
		queue("Runs failed for good", "FailedRuns", "ApproximateNumberOfMessagesVisible", "Maximum", 1, ">=", 1,
			"A schedule or a batch of changes was given up. The next run does its work."),
		queue("Deliveries wait to be loaded", "IngestQueue", "ApproximateAgeOfOldestMessage", "Maximum", 3, ">", 900,
			"Loads are taken from the queue within seconds."),
	}
}

// function is an alarm on one of the functions. All functions share the section of a kind.
func function(what, function, metric, statistic string, periods, enough int, comparison string, threshold float64, why string) Alarm {
	return Alarm{
		Name: function + " " + what, Section: "A function " + what, Namespace: "AWS/Lambda", Metric: metric, Dimensions: []Dimension{{"FunctionName", "!Ref " + function + "Function"}},
		Statistic: statistic, Period: 5 * minute, Periods: periods, Enough: enough, Comparison: comparison, Threshold: threshold,
		Missing: NotBreaching, Why: why,
	}
}

func functions(f string) []Alarm {
	all := []Alarm{
		function("fails", f, "Errors", "Sum", 3, 2, ">=", 1, "Twice within a quarter of an hour; once is tried again."),
		function("is throttled", f, "Throttles", "Sum", 3, 3, ">=", 1, "The account has no concurrency left."),
		// In milliseconds, and of the timeout four fifths.
		function("is slow", f, "Duration", "p99", 3, 2, ">", float64(Timeout[f]*800), "Four fifths of its time: soon it will be killed in the middle of its work."),
		function("was stopped in a loop", f, "RecursiveInvocationsDropped", "Sum", 1, 1, ">=", 1, "Lambda saw an event come round again and again."),
	}
	if f == "Ingester" {
		return all // a queue invokes it, which keeps what fails
	}
	all = append(all,
		function("is invoked late", f, "AsyncEventAge", "Maximum", 3, 3, ">", 600_000, "Ten minutes, in milliseconds."),
		function("missed an event", f, "AsyncEventsDropped", "Sum", 1, 1, ">=", 1, "What it should have done is due, and the next run does it."),
		function("could not report a failure", f, "DestinationDeliveryFailures", "Sum", 1, 1, ">=", 1, "The queue of failed runs did not take it."),
	)
	if f == "Janitor" {
		all = append(all, function("lags behind the changes", f, "IteratorAge", "Maximum", 3, 3, ">", 60_000,
			"A minute, in milliseconds. The sweep deletes what the stream does not tell of."))
	}
	return all
}

func table(name, metric, operation, why string) Alarm {
	a := Alarm{
		Name: name, Section: "The ledger is in trouble", Namespace: "AWS/DynamoDB", Metric: metric, Dimensions: []Dimension{{"TableName", "!Ref Ledger"}},
		Statistic: "Sum", Period: 5 * minute, Periods: 3, Enough: 3, Comparison: ">=", Threshold: 1, Missing: NotBreaching, Why: why,
	}
	if operation != "" {
		a.Dimensions = append(a.Dimensions, Dimension{"Operation", operation})
	}
	return a
}

func ledger() []Alarm {
	const throttled = "On demand, a table throttles when its use grows faster than twofold. What was refused is tried again."
	return []Alarm{
		table("Reads of the Ledger are throttled", "ReadThrottleEvents", "", throttled),
		table("Writes of the Ledger are throttled", "WriteThrottleEvents", "", throttled),
		table("The Ledger fails to write", "SystemErrors", "TransactWriteItems", "DynamoDB has trouble; nothing is lost, and everything waits."),
		table("The Ledger fails to read", "SystemErrors", "Query", "DynamoDB has trouble; nothing is lost, and everything waits."),
	}
}
