package filearchive

// Synced calls f with each folder whose names are made durable, until the function that it returns is called.
func Synced(f func(dir string)) (end func()) {
	synced = f
	return func() { synced = func(string) {} }
}
