package exec

// hasRealtime: the system has realtime signals.
const hasRealtime = true
