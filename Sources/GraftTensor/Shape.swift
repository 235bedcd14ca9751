/// The extents of a tensor, outermost first: `[32, 3, 224, 224]` is `[N, C, H, W]`.
///
/// A scalar has no dimensions and one element. Dimensions are never negative.
public struct Shape: Hashable, Sendable {
  /// The extents, outermost first.
  public let dimensions: [Int]

  /// - Precondition: no dimension is negative.
  public init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "negative dimension in \(dimensions)")
    self.dimensions = dimensions
  }

  /// How many dimensions there are; 0 for a scalar.
  public var rank: Int { dimensions.count }

  /// Product of the dimensions; 1 for a scalar.
  public var elementCount: Int { dimensions.reduce(1, *) }

  /// Product of all dimensions but the first: the elements of one image of a batch.
  public var elementCountPerImage: Int { dimensions.dropFirst().reduce(1, *) }

  /// The extent along one axis.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// The same shape with the first dimension replaced.
  public func withBatch(_ count: Int) -> Shape { Shape([count] + dimensions.dropFirst()) }

  /// The product of dimensions that come from a file, or nil where it does not fit an `Int`.
  public static func checkedElementCount(_ dimensions: [Int]) -> Int? {
    var count = 1
    for dimension in dimensions {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// The shape `[32, 3, 224, 224]`.
  public init(arrayLiteral dimensions: Int...) { self.init(dimensions) }
}

extension Shape: CustomStringConvertible {
  /// Such as `[32, 3, 224, 224]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}

/// Row-major strides: the distance in elements between neighbours along each axis.
extension Shape {
  /// Elements between neighbours along each axis; 1 for the last.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }
}
