import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How busy all processors have been, and this process.
struct MachineLoad {
  /// Processor seconds of the machine since it started.
  private let machine: Double
  /// Those of this process.
  private let own: Double

  /// The load so far; nil where the system does not say.
  static var now: MachineLoad? {
    guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let line = text.split(separator: "\n").first, line.hasPrefix("cpu ")
    else { return nil }
    let fields = line.split(separator: " ").dropFirst().compactMap { Double($0) }
    guard fields.count >= 8 else { return nil }
    // user, nice, system, soft interrupts, and what the host took for others.
    let busy = [0, 1, 2, 6, 7].reduce(0) { $0 + fields[$1] }
    return MachineLoad(machine: busy / Double(sysconf(CInt(_SC_CLK_TCK))), own: ownSeconds)
  }

  /// RUSAGE_SELF, which is an enumeration on one system and a number on another.
  private static let thisProcess: CInt = 0

  /// Processor seconds of this process so far.
  static var ownSeconds: Double {
    var usage = rusage()
    guard getrusage(Self.thisProcess, &usage) == 0 else { return 0 }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// The share of the machine that other processes took in the seconds since.
  func shareOfOthers(in seconds: Double) -> Double? {
    guard let now = MachineLoad.now, seconds > 0 else { return nil }
    let others = (now.machine - machine) - (now.own - own)
    return max(0, others / (seconds * Double(ProcessInfo.processInfo.processorCount)))
  }

  /// The most memory that this process has had, in bytes.
  static var peakResidentBytes: Int {
    var usage = rusage()
    guard getrusage(Self.thisProcess, &usage) == 0 else { return 0 }
    #if canImport(Darwin)
      return usage.ru_maxrss
    #else
      return usage.ru_maxrss * 1024
    #endif
  }
}
