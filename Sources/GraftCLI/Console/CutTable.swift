import Foundation
import Graft

/// What `graft inspect --cuts` shows: where a network can be cut, and what a head would get there.
struct CutTable {
  private let given: String
  private let cuts: [Cut]
  private let headPlace: String

  /// - Parameter given: the model as it was typed.
  init(_ model: Model, given: String) throws(GraftError) {
    self.given = given
    do {
      cuts = try model.graph.cuts()
      headPlace = try model.graph.headCut().features
    } catch {
      throw GraftError(error)
    }
  }

  func show(json: Bool, talk: Talk) throws(GraftError) {
    if json { return try Output.standard.json(cuts.map(Row.init)) }
    guard let last = cuts.last else {
      throw GraftError("\(given): the network has one layer only; there is nowhere to cut it")
    }
    var table = Columns([.left, .left, .left, .right, .right, .right])
    table.append(["cut behind", "operator", "output", "features", "parameters", "MFLOP"])
    for cut in cuts {
      table.append([
        cut.nodeName.printable, cut.opType, "\(cut.shape)", "\(cut.featureCount)",
        "\(cut.parameterCount)", String(format: "%.1f", Double(cut.floatingPointOperations) / 1e6),
      ])
    }
    for line in table.lines() { try Output.standard.line(line) }
    try Output.standard.flush()
    talk.say("")
    talk.say(
      "A map of features is averaged over its pixels; parameters and MFLOP are those up to there.")
    if last.value == headPlace { talk.say("Without --cut it is cut at the last of them.") }
    talk.say("")
    let middle = cuts[cuts.count / 2]
    talk.say(
      "Next    graft finetune \(DisplayName.escaped(given)) on my-photos --cut \(DisplayName.escaped(middle.nodeName))"
    )
  }

  private struct Row: Encodable {
    var cut: String
    var opType: String
    var value: String
    var shape: [Int]
    var features: Int
    var parameters: Int
    var flop: Int

    init(_ cut: Cut) {
      self.cut = cut.nodeName
      opType = cut.opType
      value = cut.value
      shape = cut.shape.dimensions
      features = cut.featureCount
      parameters = cut.parameterCount
      flop = cut.floatingPointOperations
    }
  }
}
