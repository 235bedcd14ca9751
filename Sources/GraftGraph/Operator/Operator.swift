public import GraftONNX
public import GraftTensor

/// What every file in `GraftOperators/Operators` has in common: an ONNX operator that the importer
/// can read. It is an ``Operator``, which runs; a ``FoldingOperator``, which is evaluated while
/// importing; or both.
public protocol ImportableOperator: Sendable {
  /// The ONNX `op_type`.
  static var opType: String { get }
  /// The opset versions whose meaning this file implements.
  static var opsets: ClosedRange<Int> { get }

  /// Reads attributes and constant inputs, in the manner of `Codable`. What is not read is an error
  /// that the importer raises.
  init(decoding node: borrowing NodeDecoder) throws(ONNXError)
}

/// A kind of computation on float tensors, with its gradient.
///
/// Three rules make operators compose: *outputs are assigned, gradients are accumulated, `nil`
/// gradients are skipped*. The second gives residual connections for free, the third frozen
/// backbones. Operators never allocate: the plan gives them what ``memory(for:)`` asks for.
///
/// Shapes are ONNX's, `[N, C, H, W]`. In memory a rank-4 activation lies as ``layouts`` asks;
/// parameters always lie as ONNX has them.
public protocol Operator: ImportableOperator {
  /// The layouts of rank-4 activations that this operator computes in.
  static var layouts: OperatorLayouts { get }
  /// What ``backward(_:)`` wants to see again; the plan keeps nothing else.
  var gradientNeeds: GradientNeeds { get }
  /// True where ``backward(_:)`` asks ``BackwardPass/begins(_:)`` and assigns such gradients; for
  /// others they are cleared before.
  static var beginsGradients: Bool { get }
  /// The input whose gradient is that of the first output, such as a residual: where it begins here
  /// it may lie on the same memory, and backward does not look at the contents of the input. Nil
  /// where there is none. Only with ``beginsGradients``.
  func inputSharingGradient(inputCount: Int) -> Int?
  /// True where the first output may lie on the memory of the first input, same shape.
  static var runsInPlace: Bool { get }

  /// Writes the attributes, and the constants that were inputs, as the encoder's opset spells them.
  func encode(into node: inout NodeEncoder)

  /// The shapes of the outputs; refuses what does not fit.
  func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape]

  /// Does an output for one image depend on other images of the batch, though its shape does not say
  /// so? Axis 0 of the inputs is the batch.
  func mixesImages(_ inputs: [Shape]) -> Bool

  /// What a parameter at this input is; ``ParameterRole/buffer`` where it is not learned.
  func role(ofInput index: Int, shape: Shape) -> ParameterRole

  /// The ways this operator can compute for these shapes, the plan takes the cheapest; empty where
  /// there is only one way.
  func methods(for context: PlanningContext) -> [MethodEstimate]

  /// The memory that the work needs. Called once, when planning.
  func memory(for context: PlanningContext) -> OperatorMemory

  /// Rearranges parameters into `packed`, once when they are frozen, after each update when not.
  func pack(_ inputs: [TensorView?], for context: PlanningContext, into packed: PackedMemory)

  /// Computes the outputs. Cannot fail: everything that can be wrong was refused above.
  func forward(_ pass: ForwardPass)

  /// Adds to the gradients of the inputs what the gradients of the outputs imply.
  func backward(_ pass: BackwardPass)

  /// Multiplications and additions of one forward pass, each counted as one operation.
  func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int
}

// MARK: - Defaults

extension Operator {
  /// Inputs and outputs, unless the operator can do with less.
  public var gradientNeeds: GradientNeeds { [.inputs, .outputs] }
  /// No: gradients are cleared first, then added to.
  public static var beginsGradients: Bool { false }
  /// None, unless the operator says which.
  public func inputSharingGradient(inputCount: Int) -> Int? { nil }
  /// No, unless the operator says that it may.
  public static var runsInPlace: Bool { false }
  /// No, unless the operator works along axis 0.
  public func mixesImages(_ inputs: [Shape]) -> Bool { false }
  /// A buffer: nothing that training changes.
  public func role(ofInput index: Int, shape: Shape) -> ParameterRole { .buffer }
  /// None: there is one way to compute it.
  public func methods(for context: PlanningContext) -> [MethodEstimate] { [] }
  /// No memory besides inputs and outputs.
  public func memory(for context: PlanningContext) -> OperatorMemory { OperatorMemory() }
  /// Nothing to prepare.
  public func pack(
    _ inputs: [TensorView?], for context: PlanningContext, into packed: PackedMemory
  ) {}
  /// One for each element of the outputs.
  public func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    outputs.reduce(0) { $0 + $1.elementCount }
  }
}

// MARK: - What an operator declares

/// The layouts in which an operator computes rank-4 activations.
public enum OperatorLayouts: Sendable {
  /// NCHW only: the operator mixes channels and pixels, as Flatten does.
  case channelsFirst
  /// NHWC only.
  case channelsLast
  /// Either; all rank-4 activations of one call have the same.
  case any
}

/// What a gradient wants to see of the forward pass.
public struct GradientNeeds: OptionSet, Sendable {
  /// One bit for each need.
  public let rawValue: Int
  /// The needs of these bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The values of the inputs.
  public static let inputs = GradientNeeds(rawValue: 1)
  /// The values of the outputs.
  public static let outputs = GradientNeeds(rawValue: 2)
}

/// What a constant input of a node is to the network.
public enum ParameterRole: String, Hashable, Sendable {
  /// Learned, subject to weight decay.
  case weight
  /// Learned, without weight decay.
  case bias
  /// Learned scale of a normalisation, without weight decay.
  case scale
  /// Kept by the network but not learned, such as a running mean.
  case buffer
}

/// Floats an operator asks the plan for.
public struct OperatorMemory: Hashable, Sendable {
  /// Floats of each tensor that forward leaves for backward; asked for in training mode only.
  public var saved: [Int]
  /// Floats of working memory, contents undefined at each call.
  public var scratchFloats: Int
  /// Floats of working memory for backward.
  public var backwardScratchFloats: Int
  /// Floats of rearranged parameters; 0 where the operator takes them as they are.
  public var packedFloats: Int

  /// Memory that the plan gives an operator; nothing, unless asked for.
  public init(
    saved: [Int] = [], scratchFloats: Int = 0, backwardScratchFloats: Int = 0,
    packedFloats: Int = 0
  ) {
    self.saved = saved
    self.scratchFloats = scratchFloats
    self.backwardScratchFloats = backwardScratchFloats
    self.packedFloats = packedFloats
  }
}

/// One way to compute, with what it is expected to cost.
public struct MethodEstimate: Hashable, Sendable {
  /// Such as `direct` or `winograd`.
  public var name: String
  /// Expected work in comparable units; the plan takes the smallest.
  public var cost: Double
  /// False where rounding is larger than that of a plain sum of products; `--exact` avoids it.
  public var isExact: Bool

  /// A way to compute an operator, and what it takes.
  public init(_ name: String, cost: Double, isExact: Bool = true) {
    self.name = name
    self.cost = cost
    self.isExact = isExact
  }
}

/// What the plan knows of a node when it asks for memory and packing.
public struct PlanningContext: Sendable {
  /// The shapes of the inputs, weights among them.
  public var inputs: [Shape]
  /// For each input: is it a parameter, hence the same at every call until updated?
  public var isParameter: [Bool]
  /// For each input: is it a parameter that changes from step to step? Empty: none is.
  public var isLearned: [Bool]
  /// Inference or training.
  public var mode: Mode
  /// The chosen method; nil where the operator lists none.
  public var method: String?

  /// What the plan knows of a node.
  public init(
    inputs: [Shape], isParameter: [Bool], isLearned: [Bool] = [], mode: Mode, method: String? = nil
  ) {
    self.inputs = inputs
    self.isParameter = isParameter
    self.isLearned = isLearned
    self.mode = mode
    self.method = method
  }
}

/// Where an operator puts its rearranged parameters.
public typealias PackedMemory = UnsafeMutablePointer<Float>

/// Whether outputs are only wanted (`inference`), or gradients will be too (`training`).
public enum Mode: Hashable, Sendable { case inference, training }
