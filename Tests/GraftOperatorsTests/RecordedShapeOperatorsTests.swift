import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

/// What ONNX Runtime computed for the operators that move data about, number by number; the program
/// that recorded it lies beside the numbers.
@Suite struct RecordedShapeOperatorsTests {
  struct Recording: Decodable {
    var cases: [Case]
  }

  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var op: String
    var opset: Int
    var shape: [Int]
    var constants: [Constant]
    var attributes: [String: Attribute]
    var outputShape: [Int]
    var output: [Float]

    var testDescription: String { "\(op) of \(shape), opset \(opset)" }
  }

  /// Neither floats nor ints: an input that is left out.
  struct Constant: Decodable {
    var dimensions: [Int]?
    var floats: [Float]?
    var ints: [Int]?

    var decoded: DecodedInput {
      if let floats { return .floats(Tensor(Shape(dimensions ?? []), floats)) }
      guard let ints else { return .absent }
      let tensor = IntegerTensor(dimensions: dimensions ?? [], values: ints)
      return .integers(forBatch2: tensor, forBatch3: tensor)
    }
  }

  struct Attribute: Decodable {
    var int: Int?
    var ints: [Int]?
    var float: Float?
    var string: String?

    var value: ONNXAttribute.Value {
      if let int { return .int(int) }
      if let ints { return .ints(ints) }
      if let float { return .float(float) }
      return .string(string ?? "")
    }
  }

  static func cases() throws -> [Case] {
    let data = try Fixtures.data("shape-operators/recorded.json")
    return try JSONDecoder().decode(Recording.self, from: data).cases
  }

  @Test(arguments: try cases()) func matchesONNXRuntime(_ example: Case) throws {
    let type = try #require(OperatorRegistry.standard[example.op])
    let input = Shape(example.shape)
    let decoder = NodeDecoder(
      opType: example.op, opset: example.opset, attributes: example.attributes.mapValues(\.value),
      inputs: [.activation(input)] + example.constants.map(\.decoded))
    let op = try #require(try type.init(decoding: decoder) as? any Operator)
    #expect(decoder.unreadAttributes.isEmpty)
    let shape = try #require(try op.outputShapes(for: [input]).first)
    #expect(shape == Shape(example.outputShape))
    #expect(run(op, input, shape) == example.output)
  }

  /// The output for the input 0, 1, 2, ….
  private func run(_ op: any Operator, _ input: Shape, _ output: Shape) -> [Float] {
    let x = Tensor(input, (0..<input.elementCount).map(Float.init))
    var y = Tensor(output, repeating: .nan)
    let view = y.unsafeMutableView()
    op.forward(
      ForwardPass(
        mode: .inference, inputs: [x.unsafeView], outputs: [view], scratch: view.base))
    return withExtendedLifetime((x, y)) { y.elements }
  }
}
