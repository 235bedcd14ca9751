import GraftGraph
import GraftONNX
import GraftTensor
import GraftTestSupport
import Testing

/// A few bytes of a file must not ask for more than any memory.
@Suite struct ComputedConstantsTests {
  private let tooLarge =
    "the constants that this network computes while it is read are too large; run constant folding "
    + "when exporting"

  @Test func refusesALargeConstantBeforeItIsMade() {
    var builder = ModelBuilder.images(opset: 13)
    builder.weights("row", [1, 1 << 17])
    builder.weights("column", [1 << 17, 1])
    builder.node("Add", ["row", "column"], ["table"])
    builder.node("Add", ["x", "table"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    #expect(throws: GraphError("node 'table' (Add, opset 13): \(tooLarge)")) { try builder.graph() }
  }

  @Test func countsWhatIsMadePieceByPiece() {
    var builder = ModelBuilder.images(opset: 13)
    builder.weights("part0", [1 << 16])
    for number in 1...20 {
      builder.node(
        "Concat", ["part\(number - 1)", "part\(number - 1)"], ["part\(number)"], ["axis": 0])
    }
    builder.node("Add", ["x", "part20"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    // 2¹⁷ + 2¹⁸ + … stays below 2²⁸ up to 2²⁷.
    #expect(throws: GraphError("node 'part12' (Concat, opset 13): \(tooLarge)")) {
      try builder.graph()
    }
  }
}
