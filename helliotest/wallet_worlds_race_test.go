//go:build race

package helliotest_test

// walletWorlds leaves out five worlds in six, which add no code path and take
// half a minute under the race detector. The test without it plays them.
const walletWorlds = 40
