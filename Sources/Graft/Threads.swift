import GraftKernels
import GraftRuntime

/// Sets how many threads compute. Results do not depend on it.
public func setThreadCount(_ count: Int) { Parallel.threadCount = count }

/// What is wrong with the environment variables `GRAFT_CPU`, `GRAFT_THREADS`, `GRAFT_METHOD` or
/// `GRAFT_IMAGES`, in words; nil where nothing is. A wrong value counts as none, so a program that
/// talks to a person should ask.
public var environmentProblem: String? {
  Kernels.environmentProblem ?? PlanOptions.environmentProblem
}

/// How many threads compute.
public var threadCount: Int { Parallel.threadCount }

/// The instruction set that the kernels use: `avx512`, `avx2` or `portable`.
public var instructionSet: String { Kernels.instructionSet }

/// Floating point operations a second that all threads together can do at most, in units of 10⁹,
/// measured in a fraction of a second.
public func peakGigaflops() -> Double { Kernels.measuredPeak() }

/// The most memory that this process has had, in bytes.
public var peakResidentBytes: Int { MachineLoad.peakResidentBytes }
