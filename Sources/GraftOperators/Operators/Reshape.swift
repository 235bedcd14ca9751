package import GraftGraph
package import GraftONNX
package import GraftTensor

/// The same elements under another shape.
///
/// Input X any shape; output Y as ``dimensions`` say: a number, 0 for "as the input has it at this
/// place", -1 for "what remains", or a multiple of the batch size. The batch is axis 0 of X.
///
/// The batch is always free. A file written for a fixed batch has it as a number in the shape, such
/// as `[1, 2048]`; decoding finds it again and makes it a multiple of the batch size.
/// Source: ONNX operator specification, Reshape-21.
package struct Reshape: Operator, FoldingOperator {
  package static let opType = "Reshape"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.channelsFirst
  package var gradientNeeds: GradientNeeds { [] }
  package static let runsInPlace = true

  /// At most one entry is -1, at most one a multiple of the batch size; not both, where the operator
  /// is to be written.
  package var dimensions: [BatchDimension]
  /// As the node says it: what counts for constants, which have no batch.
  private let literal: [BatchDimension]
  /// Is 0 an extent? Only of constants: nothing empty is computed at run time.
  private var hasEmptyAxes = false

  package init(_ dimensions: [BatchDimension]) {
    self.dimensions = dimensions
    literal = dimensions
  }
}

// MARK: - ONNX

extension Reshape {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    let isInput = node.opset >= 5
    let place = isInput ? "input" : "attribute"
    let written =
      isInput
      ? try node.constantDimensions(input: 1, named: "shape")
      : try node.ints("shape")?.map { .fixed($0) }
    guard let written else { throw ONNXError("\(place) shape is missing") }
    let allowsZero = node.opset < 14 ? 0 : try node.int("allowzero", default: 0)
    hasEmptyAxes = allowsZero != 0 && written.contains(.fixed(0))
    guard !hasEmptyAxes || node.isConstant(0) else {
      throw ONNXError(
        "attribute allowzero is \(allowsZero) and shape \(written.words) has a 0: the output is "
          + "empty; graft computes with one element or more")
    }
    guard written.allSatisfy({ if case .fixed(let number) = $0 { number >= -1 } else { true } })
    else { throw ONNXError("\(place) shape is \(written.words); expected -1, 0 and more") }
    guard written.count(where: { $0 == .fixed(-1) }) <= 1 else {
      throw ONNXError("\(place) shape is \(written.words); expected -1 at most once")
    }
    guard written.count(where: \.isBatch) <= 1 else {
      throw ONNXError("\(place) shape is \(written.words); expected the batch at most once")
    }
    literal = written
    dimensions = node.inputShape(0).map { written.freeingBatch(of: $0) } ?? written
  }

  /// Multiples of the batch size become 0 or -1, so that the file takes any batch.
  package func encode(into node: inout NodeEncoder) {
    let shape = dimensions.enumerated().map { place, dimension in
      switch dimension {
      case .fixed(let number): number
      case .batch(let multiple): place == 0 && multiple == 1 ? 0 : -1
      }
    }
    if node.opset < 5 { node.set("shape", shape) } else { node.appendInput(.ints(shape)) }
  }
}

extension BatchDimension {
  fileprivate var isBatch: Bool {
    if case .batch = self { true } else { false }
  }
}

extension [BatchDimension] {
  /// Such as `[batch, -1]`.
  fileprivate var words: String {
    let words = map { dimension in
      switch dimension {
      case .fixed(let number): "\(number)"
      case .batch(let multiple): multiple == 1 ? "batch" : "\(multiple)·batch"
      }
    }
    return "[" + words.joined(separator: ", ") + "]"
  }

  /// The entries for an input of this shape, with the batch in its place, whatever batch the file
  /// was written for. Entries that do not fit the input stay; `outputShapes` will refuse them.
  fileprivate func freeingBatch(of x: Shape) -> [BatchDimension] {
    guard let first, x.rank > 0, first != .fixed(0),
      first != .fixed(-1) || contains(where: \.isBatch)
    else { return self }
    // All entries but the -1 as numbers for a batch of one image, and the elements they make.
    var image: [Int] = []
    for (place, dimension) in enumerated() {
      switch dimension {
      case .fixed(0): image.append(place == 0 ? 1 : place < x.rank ? x[place] : 0)
      case .fixed(let number): image.append(number == -1 ? 1 : number)
      case .batch(let multiple): image.append(multiple)
      }
    }
    let perImage = x.elementCountPerImage
    guard let made = Shape.checkedElementCount(image), made > 0, perImage > 0 else { return self }
    var freed = self
    let inferred = firstIndex(of: .fixed(-1))
    if contains(where: \.isBatch) {
      // What remains does not depend on the batch: a number, since a file can have one -1 only.
      if let inferred, perImage % made == 0 { freed[inferred] = .fixed(perImage / made) }
    } else if inferred != nil {
      // [1, -1] was written for one image: read literally it would join all images of a batch.
      if first == .fixed(1), perImage % made == 0 { freed[0] = .batch(multiple: 1) }
    } else if made % perImage == 0, image[0] % (made / perImage) == 0 {
      // Only numbers: they say how large the batch was.
      freed[0] = .batch(multiple: image[0] / (made / perImage))
    }
    return freed
  }
}

// MARK: - Shapes and memory

extension Reshape {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try reshaped(inputs[0], dimensions)]
  }

  private func reshaped(
    _ x: Shape, _ dimensions: [BatchDimension]
  ) throws(ShapeError) -> Shape {
    let batch = x.dimensions.first ?? 1
    var y: [Int] = []
    for (place, dimension) in dimensions.enumerated() {
      switch dimension {
      case .fixed(0) where !hasEmptyAxes:
        guard place < x.rank else {
          throw ShapeError(
            "shape \(dimensions.words) copies axis \(place), which the input \(x) does not have")
        }
        y.append(x[place])
      case .fixed(let number): y.append(number)
      case .batch(let multiple):
        let (extent, overflow) = batch.multipliedReportingOverflow(by: multiple)
        y.append(overflow ? Int.max : extent)
      }
    }
    let inferred = y.firstIndex(of: -1)
    if let inferred { y[inferred] = 1 }
    let known = Shape.checkedElementCount(y) ?? Int.max
    if let inferred, known > 0, x.elementCount % known == 0 {
      y[inferred] = x.elementCount / known
    } else if inferred != nil || known != x.elementCount {
      throw ShapeError(
        "shape \(dimensions.words) does not fit the input \(x) of \(x.elementCount) elements")
    }
    return Shape(y)
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let data = inputs[0].constant else { return nil }
    let shape = inputs.count > 1 ? inputs[1].integers : nil
    let dimensions = shape.map { $0.values.map { .fixed($0) } } ?? literal
    return [data.reshaped(to: try reshaped(data.shape, dimensions))]
  }
}

// MARK: - Forward

extension Reshape {
  package func forward(_ pass: ForwardPass) { Reshaping.forward(pass) }
}

// MARK: - Backward          dX = dY

extension Reshape {
  package func backward(_ pass: BackwardPass) { Reshaping.backward(pass) }
}

// MARK: - Heads

extension Reshape: ShapeCarryingOperator {
  package func replacingExtent(_ old: Int, with new: Int) -> Reshape {
    Reshape(dimensions.map { $0 == .fixed(old) ? .fixed(new) : $0 })
  }
}
