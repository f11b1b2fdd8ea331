package main

import "slices"

// mutants returns the mistakes: at most one for each claim.
func mutants() []mutant {
	return slices.Concat(basicRules, messageRules, resultRules, callbackRules)
}

// in returns the mistake that breaks a claim by a replacement in a file.
func in(file, id, before, after string) mutant {
	return mutant{
		id:   id,
		file: file,
		old:  before,
		new:  after,
	}
}
