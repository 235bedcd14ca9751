public import GraftTensor

/// What one backward call of an operator may see and must add to.
public struct BackwardPass {
  /// Contents as in the forward pass if ``Operator/gradientNeeds`` has `.inputs`; parameters always.
  public let inputs: [TensorView]
  /// Contents as in the forward pass if ``Operator/gradientNeeds`` has `.outputs`.
  public let outputs: [TensorView]
  /// What forward left.
  public let saved: [TensorView]
  /// Gradient of the loss by each output; nil where nothing depends on that output.
  public let outputGradients: [TensorView?]
  /// Gradient by each input: nil where nobody asks. Otherwise add, never assign.
  public let inputGradients: [MutableTensorView?]
  /// Contents undefined.
  public let scratch: UnsafeMutablePointer<Float>
  /// What `pack` made of the weights.
  public let packed: UnsafePointer<Float>?
  /// The method that the plan chose.
  public let method: String?

  /// Everything that one backward step may look at.
  public init(
    inputs: [TensorView], outputs: [TensorView], saved: [TensorView] = [],
    outputGradients: [TensorView?], inputGradients: [MutableTensorView?],
    scratch: UnsafeMutablePointer<Float>, packed: UnsafePointer<Float>? = nil,
    method: String? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.saved = saved
    self.outputGradients = outputGradients
    self.inputGradients = inputGradients
    self.scratch = scratch
    self.packed = packed
    self.method = method
  }
}
