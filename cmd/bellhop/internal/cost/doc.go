// Package cost computes what bellhop costs on AWS: of counted work, a table of prices and the stack's own numbers. It is
// pure arithmetic. Amounts are US dollars before tax, at list prices; a month has 30 days, a GB 10^9 bytes but for memory,
// where Lambda takes 1,024 MB.
package cost
