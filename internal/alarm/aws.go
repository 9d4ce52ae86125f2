package alarm

// Alarms on AWS's own metrics. For all of them silence means that nothing happened. Their periods are long: with five files a day
// a function runs every quarter of an hour, and a failed message is hidden for half an hour, so shorter periods would see gaps
// while the trouble lasts.

// Timeout says how long the functions may run, in seconds; the template's tests hold it against the template.
var Timeout = map[string]int{"Requester": 290, "Ingester": 300, "Janitor": 290}

func queue(name, queue, metric, statistic string, period int, why string) Alarm {
	return Alarm{
		Name: name, Namespace: "AWS/SQS", Metric: metric, Dimensions: []Dimension{{"QueueName", "!Ref " + queue}},
		Statistic: statistic, Period: period, Periods: 1, Enough: 1, Comparison: ">=", Threshold: 1, Why: why,
	}
}

func queues() []Alarm {
	return []Alarm{
		queue("Deliveries are dead letters", "IngestDeadLetters", "ApproximateNumberOfMessagesVisible", "Maximum", 5*minute,
			"Five attempts failed. The sweep still starts the load again, as long as the file exists.").essential(),
		// What is sent to the queue, and not what lies in it: it keeps messages for 14 days, and a later failure would make no sound.
		queue("Runs failed for good", "FailedRuns", "NumberOfMessagesSent", "Sum", hour,
			"Lambda gave up a scheduled run or a batch of changes. The next run does its work.").essential(),
	}
}

// function is an alarm on one of the functions. All functions share the section of a kind.
func function(what, function, metric, statistic string, period, periods int, comparison string, threshold float64, why string) Alarm {
	return Alarm{
		Name: function + " " + what, Section: "A function " + what, Namespace: "AWS/Lambda", Metric: metric, Dimensions: []Dimension{{"FunctionName", "!Ref " + function + "Function"}},
		Statistic: statistic, Period: period, Periods: periods, Enough: periods, Comparison: comparison, Threshold: threshold, Why: why,
	}
}

// functions are the alarms on the functions. The requester and the janitor stop before their timeout, so a long run of theirs
// means no trouble; a long run of the ingester does.
func functions() []Alarm {
	const throttled = "Throttled in each of two hours: the account has no concurrency left."
	return []Alarm{
		function("fails", "Requester", "Errors", "Sum", 30*minute, 1, ">=", 2, "It failed twice within half an hour; a single failure is retried."),
		function("fails", "Ingester", "Errors", "Sum", hour, 1, ">=", 2, "It failed twice within an hour; a single failure is retried after half an hour."),
		function("fails", "Janitor", "Errors", "Sum", 30*minute, 1, ">=", 2, "It failed twice within half an hour; a single failure is retried.").essential(),
		function("is throttled", "Requester", "Throttles", "Sum", hour, 2, ">=", 1, throttled),
		function("is throttled", "Ingester", "Throttles", "Sum", hour, 2, ">=", 1, throttled),
		function("is throttled", "Janitor", "Throttles", "Sum", hour, 2, ">=", 1, throttled),
		// In milliseconds, and of the timeout four fifths.
		function("is slow", "Ingester", "Duration", "Maximum", hour, 1, ">", float64(Timeout["Ingester"]*800),
			"A load took four fifths of the function's time: soon Lambda will stop one before it ends."),
		function("lags behind the changes", "Janitor", "IteratorAge", "Maximum", 5*minute, 3, ">", 60_000,
			"The limit is a minute, in milliseconds. The sweep deletes what the stream does not report."),
	}
}

// ledger is one alarm on four series: DynamoDB counts the throttles of a table without those of its index.
func ledger() []Alarm {
	const read, write = "ReadThrottleEvents", "WriteThrottleEvents"
	table, index := Dimension{"TableName", "!Ref Ledger"}, Dimension{"GlobalSecondaryIndexName", "due"}
	return []Alarm{{
		Name: "The ledger is throttled", Namespace: "AWS/DynamoDB", Metric: read, Dimensions: []Dimension{table},
		Also:      []Series{{write, []Dimension{table}}, {read, []Dimension{table, index}}, {write, []Dimension{table, index}}},
		Statistic: "Sum", Period: 30 * minute, Periods: 2, Enough: 2, Comparison: ">=", Threshold: 1,
		Why: "Throttled for an hour. An on-demand table throttles when its traffic more than doubles. Refused calls are retried.",
	}}
}
