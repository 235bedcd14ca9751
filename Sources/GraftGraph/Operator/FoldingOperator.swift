public import GraftTensor

/// An operator that is evaluated while importing: the shape arithmetic that exporters leave before
/// a Reshape, and constants.
public protocol FoldingOperator: ImportableOperator {
  /// The values of the outputs, or nil where these inputs are none of its business, such as a float
  /// activation given to Gather.
  func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]?
}

/// What is known of an input while importing.
public enum FoldingInput: Sendable {
  case constant(Constant)
  /// A value computed at run time, of this shape.
  case activation(Shape)
  /// An optional input that is left out.
  case absent

  /// The shape of whatever is there; nil where nothing is.
  public var shape: Shape? {
    switch self {
    case .constant(.integers(let tensor)): Shape(tensor.dimensions)
    case .constant(.floats(let tensor)): tensor.shape
    case .activation(let shape): shape
    case .absent: nil
    }
  }

  /// The integers, where the input is a constant of integers.
  public var integers: IntegerTensor? {
    if case .constant(.integers(let tensor)) = self { tensor } else { nil }
  }

  /// The floats, where the input is a constant of floats.
  public var floats: Tensor? {
    if case .constant(.floats(let tensor)) = self { tensor } else { nil }
  }
}

/// A value known while importing.
public enum Constant: Hashable, Sendable {
  case floats(Tensor)
  case integers(IntegerTensor)

  /// Equal types, shapes and elements; NaN differs from itself.
  public static func == (a: Constant, b: Constant) -> Bool {
    switch (a, b) {
    case (.floats(let x), .floats(let y)): x == y
    case (.integers(let x), .integers(let y)): x == y
    default: false
    }
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .floats(let tensor): hasher.combine(tensor.shape)
    case .integers(let tensor): hasher.combine(tensor)
    }
  }
}

/// A small tensor of integers: a shape, a list of axes. It exists only while importing.
public struct IntegerTensor: Hashable, Sendable {
  /// Empty for a scalar.
  public var dimensions: [Int]
  /// The elements in row-major order.
  public var values: [Int]

  /// - Precondition: as many values as the dimensions have.
  public init(dimensions: [Int], values: [Int]) {
    precondition(values.count == dimensions.reduce(1, *), "\(values.count) for \(dimensions)")
    self.dimensions = dimensions
    self.values = values
  }

  /// A vector.
  public init(_ values: [Int]) { self.init(dimensions: [values.count], values: values) }
}
