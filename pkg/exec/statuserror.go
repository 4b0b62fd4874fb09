package exec

// ErrorFromStatus returns the error that a Provider returned, of the status that
// stands for it where it crossed a connection by other means than a PluginClient.
// ref is the session that was asked for. What is no status stays as it is.
func ErrorFromStatus(err error, ref string) error {
	return fromStatus(err, ErrCodeSessionNotFound, ref)
}
