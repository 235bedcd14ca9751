import GraftGraph
import GraftOperators
import GraftTestSupport
import Testing

/// Every operator against numbers that ONNX Runtime computed, opset by opset.
@Suite struct RecordedOperatorTests {
  static let recorded = Dictionary(
    grouping: (try? RecordedOperator.all()) ?? [], by: \.opType)

  @Test(arguments: recorded.keys.sorted())
  func computesWhatONNXRuntimeDoes(_ opType: String) throws {
    let type = try #require(
      OperatorRegistry.standard[opType] as? any Operator.Type, "\(opType) is not listed")
    for node in Self.recorded[opType] ?? [] { try node.check(type) }
  }

  @Test func readsTheRecord() throws {
    #expect(try RecordedOperator.all().count > 200)
  }
}
