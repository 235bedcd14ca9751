package import GraftGraph
package import GraftONNX
import GraftTensor

/// The extents of a value as integers, evaluated while importing.
///
/// Input any value; output a vector of the extents from `start` to before `end`, both clamped to the
/// rank, negative ones counted from the end (opset 15).
/// Source: ONNX operator specification, Shape-21.
package struct ShapeOperator: FoldingOperator {
  package static let opType = "Shape"
  package static let opsets = 1...28

  package var start: Int
  /// Nil for the rank.
  package var end: Int?

  package init(start: Int = 0, end: Int? = nil) { (self.start, self.end) = (start, end) }
}

// MARK: - ONNX

extension ShapeOperator {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    start = node.opset < 15 ? 0 : try node.int("start", default: 0)
    end = node.opset < 15 ? nil : try node.optionalInt("end")
  }
}

// MARK: - Folding

extension ShapeOperator {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let dimensions = inputs[0].shape?.dimensions else { return nil }
    func place(_ written: Int) -> Int {
      min(max(written < 0 ? written + dimensions.count : written, 0), dimensions.count)
    }
    let first = place(start)
    let last = max(first, place(end ?? dimensions.count))
    return [.integers(IntegerTensor(Array(dimensions[first..<last])))]
  }
}
