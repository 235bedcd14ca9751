package import GraftGraph
public import GraftONNX
package import GraftTensor

/// One configuration of an operator to be checked: attributes and inputs as an ONNX file would have
/// them.
package struct OperatorCase: Sendable, CustomStringConvertible {
  package var name: String
  package var opset: Int
  package var attributes: [String: ONNXAttribute.Value]
  /// As the node in the file lists them.
  package var inputs: [OperatorInput]
  /// How many outputs the node names.
  package var outputCount: Int
  /// Outputs on which the loss depends; nil: all.
  package var differentiableOutputs: Set<Int>?
  package var tolerance: Tolerance
  package var gradientTolerance: Tolerance
  /// What `ForwardPass.seed` is.
  package var seed: UInt64
  /// The opsets under which the operator is written and read again, besides its own.
  package var exportOpsets: [Int]

  package init(
    _ name: String, opset: Int = 13, attributes: [String: ONNXAttribute.Value] = [:],
    inputs: [OperatorInput], outputCount: Int = 1, differentiableOutputs: Set<Int>? = nil,
    tolerance: Tolerance = .forward, gradientTolerance: Tolerance = .gradient, seed: UInt64 = 42,
    exportOpsets: [Int] = [17]
  ) {
    self.name = name
    self.opset = opset
    self.attributes = attributes
    self.inputs = inputs
    self.outputCount = outputCount
    self.differentiableOutputs = differentiableOutputs
    self.tolerance = tolerance
    self.gradientTolerance = gradientTolerance
    self.seed = seed
    self.exportOpsets = exportOpsets
  }

  package var description: String { "\(name) (opset \(opset))" }
}

/// What stands at one input of a node under test.
package struct OperatorInput: Sendable {
  package enum Content: Sendable {
    case floats(Shape, [Float])
    case ints(IntegerTensor)
    /// A shape whose entries may depend on the batch size.
    case dimensions([BatchDimension])
    case absent
  }

  package var content: Content
  /// Constant in the file: decoded as a tensor, always in ONNX order.
  package var isParameter: Bool
  /// Is the gradient by this input checked? Meaningless for what decoding consumes.
  package var isDifferentiable: Bool
}

// MARK: - Making inputs

extension OperatorInput {
  /// A value computed at run time: uniform random numbers.
  ///
  /// - Parameter kinks: points where the operator has no derivative; no element comes nearer than
  ///   0.02, so that finite differences stay on one side.
  package static func activation(
    _ shape: Shape, in range: ClosedRange<Float> = -2...2, avoiding kinks: [Float] = [],
    seed: UInt64 = 1
  ) -> OperatorInput {
    let values = random(shape, range, kinks, SeededGenerator(seed, shape.elementCount))
    return OperatorInput(
      content: .floats(shape, values), isParameter: false, isDifferentiable: true)
  }

  /// Weights: uniform random numbers.
  package static func parameter(
    _ shape: Shape, in range: ClosedRange<Float> = -1...1, avoiding kinks: [Float] = [],
    seed: UInt64 = 2
  ) -> OperatorInput {
    let values = random(shape, range, kinks, SeededGenerator(seed, shape.elementCount))
    return OperatorInput(content: .floats(shape, values), isParameter: true, isDifferentiable: true)
  }

  /// A value computed at run time whose elements are all different by at least 0.01: a shuffled
  /// ladder around 0. For operators that compare elements, such as MaxPool.
  package static func distinct(_ shape: Shape, seed: UInt64 = 3) -> OperatorInput {
    var generator = SeededGenerator(seed, shape.elementCount)
    let count = shape.elementCount
    let values = (0..<count).shuffled(using: &generator).map { 0.01 * Float($0 - count / 2) }
    return OperatorInput(
      content: .floats(shape, values), isParameter: false, isDifferentiable: true)
  }

  /// Given floats: a value computed at run time.
  package static func floats(_ shape: Shape, _ values: [Float]) -> OperatorInput {
    OperatorInput(content: .floats(shape, values), isParameter: false, isDifferentiable: true)
  }

  /// Given floats in the file.
  package static func constant(_ shape: Shape, _ values: [Float]) -> OperatorInput {
    OperatorInput(content: .floats(shape, values), isParameter: true, isDifferentiable: true)
  }

  /// One float in the file, such as a limit of Clip.
  package static func scalar(_ value: Float) -> OperatorInput { constant([], [value]) }

  /// A vector of integers in the file, such as the shape of Reshape.
  package static func ints(_ values: [Int]) -> OperatorInput { ints(IntegerTensor(values)) }

  package static func ints(_ tensor: IntegerTensor) -> OperatorInput {
    OperatorInput(content: .ints(tensor), isParameter: true, isDifferentiable: false)
  }

  /// Integers that were computed from the shape of the input while importing. The oracle sees them
  /// for the batch size of the first input.
  package static func dimensions(_ values: [BatchDimension]) -> OperatorInput {
    OperatorInput(content: .dimensions(values), isParameter: true, isDifferentiable: false)
  }

  /// An optional input that is left out.
  package static var absent: OperatorInput {
    OperatorInput(content: .absent, isParameter: false, isDifferentiable: false)
  }

  /// The same input without a gradient, such as a running mean.
  package var notDifferentiable: OperatorInput {
    var copy = self
    copy.isDifferentiable = false
    return copy
  }

  private static func random(
    _ shape: Shape, _ range: ClosedRange<Float>, _ kinks: [Float], _ generator: SeededGenerator
  ) -> [Float] {
    var generator = generator
    return (0..<shape.elementCount).map { _ in
      while true {
        let value =
          range.lowerBound + (range.upperBound - range.lowerBound) * generator.uniform()
        if kinks.allSatisfy({ abs($0 - value) > 0.02 }) { return value }
      }
    }
  }
}

// MARK: - What decoders and oracles see

extension OperatorInput {
  package var shape: Shape? {
    switch content {
    case .floats(let shape, _): shape
    case .ints(let tensor): Shape(tensor.dimensions)
    case .dimensions(let values): [values.count]
    case .absent: nil
    }
  }

  package var decoded: DecodedInput {
    switch content {
    case .absent: .absent
    case .ints(let tensor): .integers(forBatch2: tensor, forBatch3: tensor)
    case .dimensions(let values):
      .integers(
        forBatch2: IntegerTensor(values.map { $0.size(batch: 2) }),
        forBatch3: IntegerTensor(values.map { $0.size(batch: 3) }))
    case .floats(let shape, let values):
      isParameter ? .floats(Tensor(shape, values)) : .activation(shape)
    }
  }

  /// The value in ONNX order; nil where absent.
  package func reference(batch: Int) -> DoubleTensor? {
    switch content {
    case .absent: nil
    case .floats(let shape, let values): DoubleTensor(shape, floats: values)
    case .ints(let tensor): DoubleTensor(Shape(tensor.dimensions), tensor.values.map(Double.init))
    case .dimensions(let values):
      DoubleTensor([values.count], values.map { Double($0.size(batch: batch)) })
    }
  }
}

extension BatchDimension {
  /// The number for one batch size.
  package func size(batch: Int) -> Int {
    switch self {
    case .fixed(let value): value
    case .batch(let multiple): multiple * batch
    }
  }
}

extension OperatorCase {
  /// The batch size: the first dimension of the first float input.
  package var batch: Int {
    for input in inputs {
      if case .floats(let shape, _) = input.content, !input.isParameter {
        return shape.rank > 0 ? shape[0] : 1
      }
    }
    return 1
  }

  package func int(_ name: String, default value: Int) -> Int {
    if case .int(let given) = attributes[name] { given } else { value }
  }

  package func ints(_ name: String) -> [Int]? {
    if case .ints(let given) = attributes[name] { given } else { nil }
  }

  package func float(_ name: String, default value: Double) -> Double {
    if case .float(let given) = attributes[name] { Double(given) } else { value }
  }

  package func string(_ name: String) -> String? {
    if case .string(let given) = attributes[name] { given } else { nil }
  }
}

// MARK: - Literals

/// Lets cases be written as `["kernel_shape": [3, 3], "group": 2, "auto_pad": "VALID"]`.
extension ONNXAttribute.Value: ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByUnicodeScalarLiteral,
  ExpressibleByExtendedGraphemeClusterLiteral
{
  /// The attribute of that kind.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// The attribute of that kind.
  public init(floatLiteral value: Float) { self = .float(value) }
  /// The attribute of that kind.
  public init(arrayLiteral elements: Int...) { self = .ints(elements) }
  /// The attribute of that kind.
  public init(stringLiteral value: String) { self = .string(value) }
}
