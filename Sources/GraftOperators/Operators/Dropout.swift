package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Random zeros while training, nothing in inference.
///
///     training    Y = X · mask        mask 0 with probability ratio, else 1 / (1 − ratio)
///     inference   Y = X
///
/// Input    X any shape; from opset 12 a constant `ratio`, before that an attribute
/// Output   Y as X; the optional second output, the mask, is refused
/// Memory   the mask, while training
/// Random   one stream for every 4096 elements in memory order, from the seed of the pass, so that
///          the mask depends on nothing else
/// Gradient `dX = dY · mask`
/// Source   ONNX operator specification, Dropout-13; Srivastava et al. 2014
///
/// The file's own wish to train (`training_mode`, `is_test`, `seed`) is not followed: graft decides
/// by what it does with the network.
package struct Dropout: Operator {
  package static let opType = "Dropout"
  package static let opsets = 1...28

  let ratio: Float
}

// MARK: - ONNX

extension Dropout {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    if node.opset < 6 { node.ignore("consumed_inputs") }
    if node.opset < 7 { node.ignore("is_test") }
    if node.opset < 12 {
      ratio = try node.float("ratio", default: 0.5)
    } else {
      node.ignore("seed")
      ratio = try node.constantFloat(input: 1, named: "ratio") ?? 0.5
      _ = try node.constantInts(input: 2, named: "training_mode")
    }
    guard ratio >= 0, ratio < 1 else {
      throw ONNXError("ratio is \(ratio); expected at least 0 and less than 1")
    }
    guard node.outputCount < 2 else {
      throw ONNXError("output mask is used; graft computes only the first output of Dropout")
    }
  }

  package func encode(into node: inout NodeEncoder) {
    if node.opset >= 12 {
      node.appendInput(.float(ratio))
    } else {
      node.set("ratio", ratio)
      if node.opset < 7 { node.set("is_test", 1) }
    }
  }
}

// MARK: - Shapes and memory

extension Dropout {
  package static var layouts: OperatorLayouts { .any }
  package var gradientNeeds: GradientNeeds { [] }
  package static var runsInPlace: Bool { true }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 1 else { throw ShapeError("\(inputs.count) inputs; expected 1") }
    return inputs
  }

  package func memory(for context: PlanningContext) -> OperatorMemory {
    OperatorMemory(saved: [context.inputs[0].elementCount])
  }
}

// MARK: - Forward

extension Dropout {
  /// Elements that one stream of random numbers serves.
  private static let streamLength = 4096

  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    guard pass.mode == .training, let mask = pass.saved.first else {
      if x.base != UnsafePointer(y.base) { Kernels.copy(x.base, y.base, count: x.count) }
      return
    }
    draw(mask, seed: pass.seed)
    Kernels.multiply(x.base, mask.base, y.base, count: x.count)
  }

  private func draw(_ mask: MutableTensorView, seed: UInt64) {
    let kept = 1 / (1 - ratio)
    Parallel.forRanges(of: mask.count, size: Self.streamLength) { range in
      var generator = SeededGenerator(seed, range.lowerBound / Self.streamLength)
      for i in range { mask.base[i] = generator.uniform() < ratio ? 0 : kept }
    }
  }
}

// MARK: - Backward

extension Dropout {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    Kernels.addProduct(dy.base, pass.saved[0].base, dx.base, count: dx.count)
  }
}
