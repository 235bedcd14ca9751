public import GraftTensor

/// What one backward call of an operator may see and must add to.
public struct BackwardPass {
  /// Contents as in the forward pass if ``Operator/gradientNeeds`` has `.inputs`; parameters always.
  public let inputs: [TensorView]
  /// Contents as in the forward pass if ``Operator/gradientNeeds`` has `.outputs`.
  public let outputs: [TensorView]
  /// What forward left.
  public let saved: [TensorView]
  /// Gradient of the loss by each output; nil where nothing depends on that output. Nobody reads it
  /// behind this call, so it may be overwritten.
  public let outputGradients: [MutableTensorView?]
  /// Gradient by each input: nil where nobody asks. Otherwise add, never assign, but for what
  /// ``begins(_:)``.
  public let inputGradients: [MutableTensorView?]
  private let beginning: [Bool]
  /// Contents undefined.
  public let scratch: UnsafeMutablePointer<Float>
  /// What `pack` made of the weights.
  public let packed: UnsafePointer<Float>?
  /// The method that the plan chose.
  public let method: String?

  /// Everything that one backward step may look at.
  public init(
    inputs: [TensorView], outputs: [TensorView], saved: [TensorView] = [],
    outputGradients: [MutableTensorView?], inputGradients: [MutableTensorView?],
    beginning: [Bool] = [], scratch: UnsafeMutablePointer<Float>,
    packed: UnsafePointer<Float>? = nil,
    method: String? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.saved = saved
    self.outputGradients = outputGradients
    self.inputGradients = inputGradients
    self.beginning = beginning
    self.scratch = scratch
    self.packed = packed
    self.method = method
  }

  /// Has nobody added to the gradient of this input yet? Then its contents are undefined and the
  /// operator assigns; in the order of the inputs, since a value that is read twice begins once. Only
  /// for operators that say so: ``Operator/beginsGradients``.
  public func begins(_ input: Int) -> Bool { input < beginning.count && beginning[input] }
}
