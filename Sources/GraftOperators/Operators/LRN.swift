package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Local response normalisation across channels.
///
///     s[c] = bias + alpha / size · Σ X[i]²     i from c − ⌊(size − 1) / 2⌋ to c + ⌈(size − 1) / 2⌉
///     Y = X · s^−beta
///
/// Input    X `[N, C, H, W]`
/// Output   Y as X
/// Memory   `s` while training; backward works in as much again
/// Gradient `dX[c] = dY[c] · s[c]^−beta − 2 alpha beta / size · X[c] · Σ dY[i] X[i] s[i]^(−beta−1)`
/// Source   ONNX operator specification, LRN-13; Krizhevsky, Sutskever, Hinton 2012
package struct LRN: Operator {
  package static let opType = "LRN"
  package static let opsets = 1...28

  let response: LocalResponse
}

// MARK: - ONNX

extension LRN {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    guard let size = try node.optionalInt("size") else {
      throw ONNXError("attribute size is missing; expected the number of channels of a sum")
    }
    guard size >= 1, size <= 1 << 24 else {
      throw ONNXError("attribute size is \(size); expected 1 to \(1 << 24)")
    }
    response = LocalResponse(
      alpha: try node.float("alpha", default: 0.0001), beta: try node.float("beta", default: 0.75),
      bias: try node.float("bias", default: 1), size: size)
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("alpha", response.alpha)
    node.set("beta", response.beta)
    node.set("bias", response.bias)
    node.set("size", response.size)
  }
}

// MARK: - Shapes and memory

extension LRN {
  package static var layouts: OperatorLayouts { .channelsLast }
  package var gradientNeeds: GradientNeeds { .inputs }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 1, inputs[0].rank == 4 else {
      throw ShapeError("inputs \(inputs); expected one of 4 dimensions, [N, C, H, W]")
    }
    return inputs
  }

  package func memory(for context: PlanningContext) -> OperatorMemory {
    let count = context.inputs[0].elementCount
    return OperatorMemory(saved: [count], backwardScratchFloats: count)
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct(inputs[0].elementCount, 2 * response.size + 3)
  }
}

// MARK: - Forward

extension LRN {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    Kernels.localResponse(
      response, x.base, y.base, sums: pass.saved.first?.base,
      rows: x.count / max(1, x.shape[1]), channels: x.shape[1])
  }
}

// MARK: - Backward

extension LRN {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    let x = pass.inputs[0]
    Kernels.addLocalResponseGradient(
      response, x.base, sums: pass.saved[0].base, dy.base, dx.base, terms: pass.scratch,
      rows: x.count / max(1, x.shape[1]), channels: x.shape[1])
  }
}
