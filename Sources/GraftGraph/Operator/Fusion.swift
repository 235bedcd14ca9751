public import GraftTensor

// What operators say about themselves so that the plan can fuse them without knowing them by name.

/// An operator that in inference scales and shifts each channel: `y = scale[c] x + shift[c]`.
public protocol ChannelAffineOperator: Operator {
  /// Scale and shift per channel, from the node's parameters (all inputs but the first); nil where
  /// this use computes something else, such as batch statistics.
  func channelAffine(parameters: [Tensor]) -> (scale: [Float], shift: [Float])?
}

/// An operator whose weights can take over a scale and shift of its output channels.
public protocol AffineAbsorbingOperator: Operator {
  /// New parameters (all inputs but the first) with which this operator computes
  /// `scale[c] y + shift[c]`; nil where that is not possible.
  func absorbing(scale: [Float], shift: [Float], parameters: [Tensor]) -> [Tensor]?
}

/// An elementwise function simple enough to be the last step of another operator.
public enum FusedActivation: Hashable, Sendable {
  case relu
  case clip(minimum: Float, maximum: Float)
}

/// An operator that is one of the functions of ``FusedActivation``.
public protocol FusibleActivationOperator: Operator {
  var fusedActivation: FusedActivation? { get }
}

/// An operator each of whose results is the largest of some numbers: a function that never falls may
/// as well come behind it.
public protocol LargestTakingOperator: Operator {}

/// An operator that adds two tensors of one shape: the end of a residual block.
public protocol ResidualAddingOperator: Operator {}

/// An operator that can end with an added residual and an activation, in this order, forward and
/// backward.
public protocol EpilogueAcceptingOperator: Operator {
  /// The same operator with the activation as its last step; nil where it has one already.
  func fusing(_ activation: FusedActivation) -> Self?
  /// The same operator that adds one more input, its last, of the output's shape, before the
  /// activation; nil where it has an epilogue already.
  func fusingResidual(inputCount: Int) -> Self?
}

/// An operator that can normalise by the statistics of the batch and keep running ones, as
/// BatchNormalization does.
public protocol BatchStatisticsOperator: Operator {
  /// The same operator with the statistics of the batch while training, or with the running ones
  /// always.
  func usingBatchStatistics(_ uses: Bool) -> Self
  /// The inputs that the outputs after the first bring up to date while training; empty where the
  /// running statistics stay as they are. Such an output may lie on the memory of its input, and is
  /// missing from a pass that brings nothing up to date.
  var updatedInputs: [Int] { get }
}

/// An operator that can be the last weighted one of a classifier.
public protocol ClassifierHeadOperator: Operator {
  /// The axis of this input along which the classes lie; nil for inputs that are no parameters of
  /// the head.
  func classAxis(ofInput index: Int, shape: Shape) -> Int?
}

/// An operator that carries extents of its output as constants, as Reshape does.
public protocol ShapeCarryingOperator: Operator {
  /// The same operator with an extent replaced, such as the number of classes.
  func replacingExtent(_ old: Int, with new: Int) -> Self
}

/// An operator that moves axes and changes nothing else, as Transpose does: where the order that it
/// makes is the one in memory, the plan need not move anything.
public protocol AxisReorderingOperator: Operator {
  /// For each axis of the output, the axis of the input that it is.
  func permutation(rank: Int) -> [Int]
}

/// An operator of two operands that may meet at an axis which the node names, as before opset 7; the
/// importer gives the second axes of extent 1 behind its own, so that the last axes meet.
public protocol AxisAlignedOperator: Operator {
  /// How many axes of extent 1 the second operand lacks; 0 where the last axes meet.
  var missingAxes: Int { get }
  /// The same operator for a second operand that has them.
  func aligningLastAxes() -> Self
}
