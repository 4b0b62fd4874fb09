// Package deaddisktest has files hang whoever opens them, as those of a network
// mount do that does not answer. Only tests import it.
package deaddisktest
