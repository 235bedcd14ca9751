import Foundation
import Graft

/// Where the verdicts of `graft classify` go, photo by photo.
protocol ClassificationTable {
  mutating func add(_ verdict: Verdict) throws(GraftError)
  mutating func finish() throws(GraftError)
}

/// For people: path, label, probability.
struct TextTable: ClassificationTable {
  private let width: Int
  private let task: LearningTask

  /// Paths line up, but a long one among short ones does not push all others away.
  init(_ paths: [FilePath], _ task: LearningTask) {
    self.task = task
    width = paths.lazy.map { $0.displayText.count }.filter { $0 <= 60 }.max() ?? 0
  }

  mutating func add(_ verdict: Verdict) throws(GraftError) {
    guard verdict.error == nil else { return }
    var guesses = verdict.guesses.map {
      "\($0.label) \(String(format: "%.2f", $0.probability))"
    }
    if task == .multiLabel, guesses.isEmpty { guesses = ["no label"] }
    guesses += verdict.values.map { "\($0.label) \(String(format: "%.6g", $0.value))" }
    let text = (verdict.isUnsure ? "unsure  " : "") + guesses.joined(separator: ", ")
    let path = verdict.path.displayText
    let space = String(repeating: " ", count: max(width - path.count, 0))
    try Output.standard.line("\(path)\(space)  \(text)")
  }

  mutating func finish() throws(GraftError) { try Output.standard.flush() }
}

/// RFC 4180: `path,label,probability,…,error`.
struct CSVTable: ClassificationTable {
  private let top: Int
  private let file: FilePath?
  private var csv: CSVWriter

  init(top: Int, file: FilePath?) {
    self.top = top
    self.file = file
    let pairs = (1...top).flatMap {
      $0 == 1 ? ["label", "probability"] : ["label\($0)", "probability\($0)"]
    }
    csv = CSVWriter(header: ["path"] + pairs + ["error"])
  }

  mutating func add(_ verdict: Verdict) throws(GraftError) {
    var fields: [[UInt8]] = [verdict.path.rawBytes]
    for place in 0..<top {
      let guess = place < verdict.guesses.count ? verdict.guesses[place] : nil
      // An unsure photo has no label, but its probability says how unsure.
      let label = verdict.isUnsure && place == 0 ? "unsure" : guess?.label ?? ""
      fields.append(Array(label.utf8))
      fields.append(Array((guess.map { "\($0.probability)" } ?? "").utf8))
    }
    fields.append(Array((verdict.error?.message ?? "").utf8))
    csv.append(fields)
  }

  mutating func finish() throws(GraftError) { try csv.finish(file) }
}

/// One JSON object a line.
struct JSONLinesTable: ClassificationTable {
  private let file: FilePath?
  private let task: LearningTask
  private var bytes: [UInt8] = []

  init(file: FilePath?, _ task: LearningTask) {
    self.file = file
    self.task = task
  }

  private struct Row: Encodable {
    struct Prediction: Encodable {
      var label: String
      var probability: Float
    }
    struct Value: Encodable {
      var label: String
      var value: Float
    }
    var path: String
    var labels: [String]?
    var values: [Value]?
    var predictions: [Prediction]?
    var unsure: Bool?
    var error: String?
  }

  mutating func add(_ verdict: Verdict) throws(GraftError) {
    let predictions = (task == .multiLabel ? verdict.all : verdict.guesses).map {
      Row.Prediction(label: $0.label, probability: $0.probability)
    }
    let values = verdict.values.map { Row.Value(label: $0.label, value: $0.value) }
    let isRead = verdict.error == nil
    let row = Row(
      path: verdict.path.string,
      labels: isRead && task == .multiLabel ? verdict.guesses.map(\.label) : nil,
      values: isRead && task == .regression ? values : nil,
      predictions: isRead && task != .regression ? predictions : nil,
      unsure: verdict.isUnsure ? true : nil, error: verdict.error?.message)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(row) else {
      throw GraftError("a row cannot be written as JSON", kind: .bug)
    }
    bytes += Array(data) + [UInt8(ascii: "\n")]
    if file == nil {
      try Output.standard.bytes(bytes)
      bytes = []
    }
  }

  mutating func finish() throws(GraftError) {
    if let file {
      try writeWhole(bytes, to: file)
    } else {
      try Output.standard.flush()
    }
  }
}

extension FilePath {
  /// The bytes of the path, which may be no UTF-8.
  var rawBytes: [UInt8] {
    withPlatformString { pointer in
      Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
    }
  }

  /// For a terminal: on one line, control characters shown as escapes.
  var displayText: String {
    displayName
  }
}
