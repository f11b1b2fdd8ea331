//go:build !race

package helliotest_test

// walletWorlds is the number of random worlds in which money is counted.
const walletWorlds = 240
