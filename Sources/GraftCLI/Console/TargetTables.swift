import Foundation
import Graft

// What `graft classify` writes of models that say labels or values.

/// RFC 4180: `path,labels`, the probability of each label, `error`.
struct LabelsCSVTable: ClassificationTable {
  private let labels: [String]
  private let file: FilePath?
  private var csv: CSVWriter

  init(_ labels: [String], file: FilePath?) {
    self.labels = labels
    self.file = file
    csv = CSVWriter(header: ["path", "labels"] + labels + ["error"])
  }

  mutating func add(_ verdict: Verdict) throws(GraftError) {
    let probabilities = Dictionary(
      verdict.all.map { ($0.label, "\($0.probability)") }, uniquingKeysWith: { first, _ in first })
    let said = verdict.guesses.map(\.label).joined(separator: "|")
    csv.append(
      [verdict.path.rawBytes, Array(said.utf8)]
        + labels.map { Array((probabilities[$0] ?? "").utf8) }
        + [Array((verdict.error?.message ?? "").utf8)])
  }

  mutating func finish() throws(GraftError) { try csv.finish(file) }
}

/// RFC 4180: `path`, each value, `error`.
struct ValuesCSVTable: ClassificationTable {
  private let count: Int
  private let file: FilePath?
  private var csv: CSVWriter

  init(_ names: [String], file: FilePath?) {
    count = names.count
    self.file = file
    csv = CSVWriter(header: ["path"] + names + ["error"])
  }

  mutating func add(_ verdict: Verdict) throws(GraftError) {
    let values =
      verdict.values.isEmpty
      ? Array(repeating: "", count: count) : verdict.values.map { "\($0.value)" }
    csv.append(
      [verdict.path.rawBytes] + values.map { Array($0.utf8) }
        + [Array((verdict.error?.message ?? "").utf8)])
  }

  mutating func finish() throws(GraftError) { try csv.finish(file) }
}

extension CSVWriter {
  /// Writes the table to a file, or to standard output.
  func finish(_ file: FilePath?) throws(GraftError) {
    if let file { return try writeWhole(bytes, to: file) }
    try Output.standard.bytes(bytes)
    try Output.standard.flush()
  }
}
