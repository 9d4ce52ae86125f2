// Package account opens what the commands of bellhop work on: a folder of this machine, or an AWS account.
package account
