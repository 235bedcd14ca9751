import GraftKernels

/// Sets how many threads compute. Results do not depend on it.
public func setThreadCount(_ count: Int) { Parallel.threadCount = count }

/// What is wrong with the environment variables `GRAFT_CPU` or `GRAFT_THREADS`, in words; nil where
/// nothing is. A wrong value counts as none, so a program that talks to a person should ask.
public var environmentProblem: String? { Kernels.environmentProblem }
