package import GraftGraph
package import GraftKernels
import GraftONNX
package import GraftTensor

/// What InstanceNormalization and GroupNormalization share: each group of an image's channels is
/// normalised by its own statistics, then each channel scaled.
package protocol GroupNormalizing: Operator {
  var epsilon: Float { get }
  /// How the channels lie in groups.
  ///
  /// - Throws: where they cannot.
  func groups(of x: Shape) throws(ShapeError) -> ChannelGroups
}

extension GroupNormalizing {
  static func refuseEpsilon(_ epsilon: Float) throws(ONNXError) {
    guard epsilon >= 0, epsilon.isFinite else {
      throw ONNXError("attribute epsilon is \(epsilon); expected a number of at least 0")
    }
  }
}

// MARK: - Shapes and memory

extension GroupNormalizing {
  package static var layouts: OperatorLayouts { .channelsFirst }
  package var gradientNeeds: GradientNeeds { .inputs }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 3 else {
      throw ShapeError("\(inputs.count) inputs; expected X, scale and bias")
    }
    let x = inputs[0]
    guard x.rank >= 2 else { throw ShapeError("X has shape \(x); expected [N, C, …]") }
    let groups = try groups(of: x)
    let count = x[1] / groups.channelsOfScale
    for (shape, name) in zip(inputs[1...], ["scale", "bias"]) where shape != [count] {
      throw ShapeError("\(name) has shape \(shape); expected \(Shape([count])) for X \(x)")
    }
    return [x]
  }

  package func role(ofInput index: Int, shape: Shape) -> ParameterRole {
    index == 1 ? .scale : .bias
  }

  package func memory(for context: PlanningContext) -> OperatorMemory {
    let rows = known(context.inputs[0]).rows
    return OperatorMemory(saved: [rows, rows])
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct(8, inputs[0].elementCount)
  }

  /// - Precondition: `outputShapes` accepted the shape.
  private func known(_ x: Shape) -> ChannelGroups {
    guard let groups = try? groups(of: x) else { preconditionFailure("\(self) does not fit \(x)") }
    return groups
  }
}

// MARK: - Forward

extension GroupNormalizing {
  package func forward(_ pass: ForwardPass) {
    Kernels.normalizeGroups(
      pass.inputs[0].base, scale: pass.inputs[1].base, bias: pass.inputs[2].base,
      pass.outputs[0].base, means: pass.saved.first?.base, inverses: pass.saved.last?.base,
      known(pass.inputs[0].shape), epsilon: epsilon)
  }
}

// MARK: - Backward

extension GroupNormalizing {
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    let (x, groups) = (pass.inputs[0].base, known(pass.inputs[0].shape))
    let (means, inverses) = (pass.saved[0].base, pass.saved[1].base)
    if let dx = pass.inputGradients[0] {
      Kernels.addGroupNormalizationGradient(
        x, scale: pass.inputs[1].base, means: means, inverses: inverses, dy.base, dx.base, groups)
    }
    let (dscale, dbias) = (pass.inputGradients[1], pass.inputGradients[2])
    guard dscale != nil || dbias != nil else { return }
    Kernels.addGroupNormalizationParameterGradients(
      x, means: means, inverses: inverses, dy.base, dscale: dscale?.base, dbias: dbias?.base, groups
    )
  }
}
