import GraftKernels

/// Sets how many threads compute. Results do not depend on it.
public func setThreadCount(_ count: Int) { Parallel.threadCount = count }
