public import GraftTensor

/// What one forward call of an operator may see and must write.
public struct ForwardPass {
  /// Inference or training.
  public let mode: Mode
  /// The inputs, weights among them, in the order of the node.
  public let inputs: [TensorView]
  /// Contents undefined: every element must be assigned.
  public let outputs: [MutableTensorView]
  /// What backward will want to see again; empty in inference mode.
  public let saved: [MutableTensorView]
  /// Contents undefined.
  public let scratch: UnsafeMutablePointer<Float>
  /// The rearranged parameters, where ``Operator/memory(for:)`` asked for any and they are ready.
  public let packed: UnsafePointer<Float>?
  /// The method that the plan chose.
  public let method: String?
  /// Seed of this call, for operators that draw random numbers: a function of the run's seed, the
  /// step and the node.
  public let seed: UInt64

  /// Everything that one forward step may look at.
  public init(
    mode: Mode, inputs: [TensorView], outputs: [MutableTensorView],
    saved: [MutableTensorView] = [], scratch: UnsafeMutablePointer<Float>,
    packed: UnsafePointer<Float>? = nil, method: String? = nil, seed: UInt64 = 0
  ) {
    self.mode = mode
    self.inputs = inputs
    self.outputs = outputs
    self.saved = saved
    self.scratch = scratch
    self.packed = packed
    self.method = method
    self.seed = seed
  }
}
