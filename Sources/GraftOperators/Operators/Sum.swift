package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Sum of any number of tensors.
///
///     Y = A₀ + A₁ + …
///
/// Inputs   one or more of float, NumPy broadcasting; before opset 8 all of one shape
/// Output   of the broadcast shape
/// Gradient `dY` for each, summed over the axes along which it was repeated
/// Source   ONNX operator specification, Sum-13
package struct Sum: Operator {
  package static let opType = "Sum"
  package static let opsets = 1...28
}

// MARK: - ONNX

extension Sum {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}

// MARK: - Shapes and memory

extension Sum {
  package static var layouts: OperatorLayouts { .any }
  /// A gradient that is a copy wants to see nothing.
  package var gradientNeeds: GradientNeeds { [] }
  package static var runsInPlace: Bool { true }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard var shape = inputs.first else { throw ShapeError("no input; expected at least 1") }
    for input in inputs.dropFirst() { shape = try Shape.broadcasting(shape, input) }
    return [shape]
  }

  /// A constant with several elements is a bias; a single number belongs to the network.
  package func role(ofInput index: Int, shape: Shape) -> ParameterRole {
    shape.elementCount > 1 ? .bias : .buffer
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct(inputs.count - 1, outputs[0].elementCount)
  }
}

// MARK: - Forward

extension Sum {
  package func forward(_ pass: ForwardPass) {
    let (inputs, y) = (pass.inputs, pass.outputs[0])
    // The first two make the output, the others are added to it. One alone is copied.
    let first = inputs[0]
    guard inputs.count > 1 else {
      if first.base != UnsafePointer(y.base) { Kernels.copy(first.base, y.base, count: y.count) }
      return
    }
    var sum = first
    for input in inputs.dropFirst() {
      let walk = BroadcastWalk(result: y.readOnly, sum, input)
      Kernels.broadcast(.add, walk, sum.base, input.base, y.base)
      sum = y.readOnly
    }
  }
}

// MARK: - Backward

extension Sum {
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    for (input, gradient) in zip(pass.inputs, pass.inputGradients) {
      guard let gradient else { continue }
      let walk = BroadcastWalk(result: dy.readOnly, input, dy.readOnly)
      Kernels.addBroadcastGradient(
        of: .add, by: .a, walk, dy.base, dy.base, dy.base, gradient.base)
    }
  }
}
