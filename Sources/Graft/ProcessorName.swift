import Foundation

/// What the system calls the processor, such as `AMD EPYC 7763`; `unknown` where it does not say.
let processorName: String = {
  #if canImport(Darwin)
    var size = 0
    guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else {
      return "unknown"
    }
    var name = [UInt8](repeating: 0, count: size)
    guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else {
      return "unknown"
    }
    return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
  #else
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last ?? ""
    return name.isEmpty ? "unknown" : name.trimmingCharacters(in: .whitespaces)
  #endif
}()
