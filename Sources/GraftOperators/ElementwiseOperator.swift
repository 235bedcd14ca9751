package import GraftGraph
package import GraftKernels
package import GraftTensor

/// What Relu, Sigmoid and their like share: one function of every element, whose gradient follows
/// from the result, so that it may overwrite its input.
package protocol ElementwiseOperator: Operator {
  var function: UnaryFunction { get }
}

// MARK: - Shapes

extension ElementwiseOperator {
  package static var layouts: OperatorLayouts { .any }
  package var gradientNeeds: GradientNeeds { .outputs }
  package static var runsInPlace: Bool { true }
  package static var beginsGradients: Bool { true }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 1 else {
      throw ShapeError("\(inputs.count) inputs computed at run time; expected 1")
    }
    return inputs
  }
}

// MARK: - Forward

extension ElementwiseOperator {
  package func forward(_ pass: ForwardPass) {
    Kernels.apply(
      function, pass.inputs[0].base, pass.outputs[0].base, count: pass.outputs[0].count)
  }
}

// MARK: - Backward

extension ElementwiseOperator {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    Kernels.addGradient(
      of: function, pass.outputs[0].base, dy.base, dx.base, count: dx.count, begins: pass.begins(0))
  }
}

/// An elementwise operator whose gradient follows from its argument, which it therefore keeps.
package protocol ArgumentGradientOperator: ElementwiseOperator {}

extension ArgumentGradientOperator {
  package var gradientNeeds: GradientNeeds { .inputs }
  package static var runsInPlace: Bool { false }

  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    Kernels.addGradient(
      of: function, pass.inputs[0].base, dy.base, dx.base, count: dx.count, begins: pass.begins(0))
  }
}
