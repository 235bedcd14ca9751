package import GraftGraph
import GraftKernels
import GraftONNX
package import GraftTensor

/// What Max and Min share: the largest or smallest of several tensors, element by element.
package protocol ExtremeOperator: Operator, FoldingOperator {
  static var isLargest: Bool { get }
}

// MARK: - Shapes

extension ExtremeOperator {
  package static var layouts: OperatorLayouts { .any }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard var shape = inputs.first else { throw ShapeError("no input; expected at least 1") }
    for input in inputs.dropFirst() { shape = try Shape.broadcasting(shape, input) }
    return [shape]
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct(inputs.count - 1, outputs[0].elementCount)
  }

  /// Integers known while importing: the arithmetic on shapes that exporters leave behind.
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let first = inputs.first?.constant, inputs.allSatisfy({ $0.integers != nil }) else {
      return nil
    }
    var result = first
    for input in inputs.dropFirst() {
      let folded = try IntegerFolding.fold([.constant(result), input], Self.opType) {
        (Self.isLargest ? max($0, $1) : min($0, $1), false)
      }
      guard let folded else { return nil }
      result = folded[0]
    }
    return [result]
  }

  /// The extents of the result and the operands in its memory order: at least one axis.
  private func operands(
    _ inputs: [TensorView], _ gradients: [MutableTensorView?], _ result: TensorView
  ) -> (extents: [Int], operands: [ExtremeOperand]) {
    let order = result.layout.axes(rank: result.shape.rank)
    let operands = inputs.enumerated().map { index, input in
      let strides = BroadcastWalk.strides(input, ofRank: order.count, ones: 0)
      return ExtremeOperand(
        input.base, strides: order.isEmpty ? [0] : order.map { strides[$0] },
        gradient: index < gradients.count ? gradients[index]?.base : nil)
    }
    return (order.isEmpty ? [1] : order.map { result.shape[$0] }, operands)
  }
}

// MARK: - Forward

extension ExtremeOperator {
  package func forward(_ pass: ForwardPass) {
    let y = pass.outputs[0]
    let (extents, operands) = operands(pass.inputs, [], y.readOnly)
    Kernels.extreme(ofLargest: Self.isLargest, operands, extents: extents, y.base)
  }
}

// MARK: - Backward

extension ExtremeOperator {
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    let (extents, operands) = operands(pass.inputs, pass.inputGradients, pass.outputs[0])
    Kernels.addExtremeGradient(operands, extents: extents, pass.outputs[0].base, dy.base)
  }
}
