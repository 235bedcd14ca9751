import GraftGraph
import GraftKernels
import GraftTensor

/// What follows an operator and is done in its last pass: `Y = activation(… + residual)`. The plan's
/// rewrites append it; it is never part of a file.
package struct Epilogue: Hashable, Sendable {
  package enum Activation: Hashable, Sendable {
    case none
    case relu
    case clip(min: Float, max: Float)
  }

  package var activation: Activation
  /// Is the last input added before the activation?
  package var hasResidual: Bool

  package init(activation: Activation = .none, hasResidual: Bool = false) {
    self.activation = activation
    self.hasResidual = hasResidual
  }

  package static let none = Epilogue()

  var limits: Limits {
    switch activation {
    case .none: .none
    case .relu: .relu
    case .clip(let min, let max): Limits(low: min, high: max)
    }
  }

  var residualCount: Int { hasResidual ? 1 : 0 }

  /// The gradient of an activation is found from the result.
  var gradientNeeds: GradientNeeds { activation == .none ? [] : .outputs }

  /// With the activation as the last step; nil where there is one already.
  func fusing(_ activation: FusedActivation) -> Epilogue? {
    guard self.activation == .none else { return nil }
    return switch activation {
    case .relu: Epilogue(activation: .relu, hasResidual: hasResidual)
    case .clip(let minimum, let maximum):
      Epilogue(activation: .clip(min: minimum, max: maximum), hasResidual: hasResidual)
    }
  }

  /// With a residual before everything; nil where there is something already.
  func fusingResidual() -> Epilogue? { self == .none ? Epilogue(hasResidual: true) : nil }
}

extension BackwardPass {
  /// Gives the residual, the last input, the gradient that has passed the activation. Nothing is to
  /// be done where both lie on the same memory.
  func addResidualGradient(_ dy: MutableTensorView, of epilogue: Epilogue) {
    let last = inputs.count - 1
    guard epilogue.hasResidual, let dr = inputGradients[last], dr.base != dy.base else { return }
    Kernels.add(dy.base, to: dr.base, count: dy.count, begins: begins(last))
  }
}
