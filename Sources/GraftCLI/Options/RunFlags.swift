import ArgumentParser
import Foundation
import Graft

/// Flags that every command has: how it runs and how it talks.
struct RunFlags: ParsableArguments {
  @Option(parsing: .unconditional, help: "Threads to compute with; all processors unless given.")
  var threads: Int?

  @Option(help: "Folder for computed features, kept between runs.")
  var cache: String?

  @Flag(help: "Compute everything anew and keep nothing.")
  var noCache = false

  @Flag(help: "Only direct algorithms, whose rounding is that of a plain sum.")
  var exact = false

  @Flag(help: "One JSON document on standard output, stable from version to version.")
  var json = false

  @Flag(name: .shortAndLong, help: "Say nothing but results, notes and errors.")
  var quiet = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads); expected 1 to 1024")
    }
    if noCache, cache != nil { throw ValidationError("--cache and --no-cache exclude each other") }
  }

  /// Takes effect; to be called before any work.
  func apply() throws(GraftError) {
    if let problem = Graft.environmentProblem { throw GraftError(problem, kind: .usage) }
    if let threads { Graft.setThreadCount(threads) }
    Interruption.listen()
  }

  var talk: Talk { Talk(isQuiet: quiet || json) }

  var caching: FeatureCaching {
    if noCache { return .off }
    return cache.map { .directory(FilePath($0)) } ?? .automatic
  }

  var plan: PlanOptions { PlanOptions(isExact: exact) }
}
