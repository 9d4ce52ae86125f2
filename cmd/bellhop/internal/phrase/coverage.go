package phrase

import "github.com/bellhop-asp/bellhop/pkg/report"

// CoverageSign is the sign of a day in a calendar.
func CoverageSign(status report.CoverageStatus) string {
	sign, _ := coverage(status)
	return sign
}

// CoverageMeaning says in words what [CoverageSign] stands for.
func CoverageMeaning(status report.CoverageStatus) string {
	_, meaning := coverage(status)
	return meaning
}

func coverage(status report.CoverageStatus) (sign, meaning string) {
	switch status {
	case report.CoverageComplete:
		return "■", "complete"
	case report.CoverageZero:
		return "□", "zero (loaded, and the vendor reports nothing)"
	case report.CoveragePending:
		return "◌", "pending"
	case report.CoverageMissing:
		return "✖", "missing"
	case report.CoverageNotEligible:
		return "–", "not eligible yet (the unit is too young)"
	case report.CoverageExpired:
		return "⌛", "expired (can no longer be fetched)"
	default:
		panic("phrase: unhandled coverage status " + string(status))
	}
}
