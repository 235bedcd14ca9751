import Foundation
package import GraftGraph
import GraftONNX
import GraftTensor

/// What another runtime computed for one node, from `Tests/Fixtures/operators/operators.json`; the
/// script beside that file made it.
package struct RecordedOperator: Sendable, CustomStringConvertible {
  package let opType: String
  package let example: OperatorCase
  private let outputs: [DoubleTensor]

  package var description: String { "\(opType) \(example)" }

  /// All recorded nodes, in the order of the file.
  package static func all() throws -> [RecordedOperator] {
    let data = try Fixtures.data("operators/operators.json")
    return try JSONDecoder().decode([RecordedNode].self, from: data).enumerated().map {
      RecordedOperator($1, number: $0)
    }
  }

  private init(_ node: RecordedNode, number: Int) {
    opType = node.op
    outputs = node.outputs.map { DoubleTensor(Shape($0.shape), $0.values) }
    example = OperatorCase(
      "recorded \(number)", opset: node.opset,
      attributes: node.attributes.compactMapValues(\.value), inputs: node.inputs.map(\.input),
      outputCount: node.outputs.count, tolerance: .recorded)
  }

  /// In inference, in every layout and by every method.
  package func check<O: Operator>(_ type: O.Type) throws(CheckFailure) {
    let check = try OperatorCheck(type, example)
    try check.checkShapes(outputs)
    for layout in check.layouts {
      for method in check.methods {
        try check.checkForward(
          RunSettings(layout: layout, method: method, mode: .inference), outputs)
      }
    }
  }
}

// MARK: - The file

private struct RecordedNode: Decodable {
  struct Attribute: Decodable {
    var int: Int?
    var float: Float?
    var string: String?
    var ints: [Int]?

    var value: ONNXAttribute.Value? {
      if let int { return .int(int) }
      if let float { return .float(float) }
      if let string { return .string(string) }
      return ints.map { .ints($0) }
    }
  }

  struct Entry: Decodable {
    var kind: String
    var shape: [Int]
    var values: [Double]

    var input: OperatorInput {
      let floats = values.map(Float.init)
      return switch kind {
      case "activation": .floats(Shape(shape), floats)
      case "parameter": .constant(Shape(shape), floats)
      case "ints": .ints(IntegerTensor(dimensions: shape, values: values.map { Int($0) }))
      default: .absent
      }
    }
  }

  var op: String
  var opset: Int
  var attributes: [String: Attribute]
  var inputs: [Entry]
  var outputs: [Entry]
}
