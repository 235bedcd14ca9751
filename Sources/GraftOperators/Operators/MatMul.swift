package import GraftGraph
internal import GraftKernels
package import GraftONNX
package import GraftTensor

/// Product of matrices, or of two stacks of matrices: `Y[…] = A[…] · B[…]`.
///
/// Inputs  A `[…, M, K]`, B `[…, K, N]`; the leading dimensions broadcast. A vector is a matrix of
///         one row (A) or one column (B), which the output then lacks.
/// Output  Y `[…, M, N]`
/// Source  ONNX operator specification, MatMul-13
package struct MatMul: Operator {
  package static let opType = "MatMul"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.channelsFirst
  package var gradientNeeds: GradientNeeds { .inputs }

  package init() {}
}

// MARK: - ONNX

extension MatMul {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {}
  package func encode(into node: inout NodeEncoder) {}
}

// MARK: - Shapes and memory

extension MatMul {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 2 else {
      throw ShapeError("MatMul has \(inputs.count) inputs; expected A and B")
    }
    return [try Stacks(inputs[0], inputs[1]).output]
  }

  package func role(ofInput index: Int, shape: Shape) -> ParameterRole { .weight }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    let operations = 2 * Double(inputs[0].dimensions.last ?? 1) * Double(outputs[0].elementCount)
    return operations < 0x1p62 ? Int(operations) : Int.max
  }

  /// Two stacks of matrices whose leading dimensions broadcast.
  private struct Stacks {
    let m: Int
    let n: Int
    let k: Int
    let output: Shape
    /// The leading dimensions of the output, and the step in matrices of A and B along each.
    private let leading: [Int]
    private let stepsA: [Int]
    private let stepsB: [Int]

    init(_ shapeA: Shape, _ shapeB: Shape) throws(ShapeError) {
      guard shapeA.rank >= 1, shapeB.rank >= 1 else {
        throw ShapeError("A has shape \(shapeA) and B \(shapeB); MatMul takes no scalars")
      }
      let a = shapeA.rank == 1 ? [1] + shapeA.dimensions : shapeA.dimensions
      let b = shapeB.rank == 1 ? shapeB.dimensions + [1] : shapeB.dimensions
      (m, k, n) = (a[a.count - 2], a[a.count - 1], b[b.count - 1])
      guard k == b[b.count - 2] else {
        throw ShapeError(
          "A \(shapeA) has \(k) columns; B \(shapeB) has \(b[b.count - 2]) rows")
      }
      let rank = max(a.count, b.count) - 2
      let leadingA = Self.extend(a.dropLast(2), to: rank)
      let leadingB = Self.extend(b.dropLast(2), to: rank)
      guard zip(leadingA, leadingB).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else {
        throw ShapeError("the stacks A \(shapeA) and B \(shapeB) do not broadcast")
      }
      leading = zip(leadingA, leadingB).map { $0 == 1 ? $1 : $0 }
      stepsA = Self.steps(leadingA)
      stepsB = Self.steps(leadingB)
      let dimensions =
        leading + (shapeA.rank == 1 ? [] : [m]) + (shapeB.rank == 1 ? [] : [n])
      guard Shape.checkedElementCount(dimensions) != nil else {
        throw ShapeError("the output \(dimensions) is larger than any memory")
      }
      output = Shape(dimensions)
    }

    private static func extend(_ dimensions: ArraySlice<Int>, to rank: Int) -> [Int] {
      [Int](repeating: 1, count: rank - dimensions.count) + dimensions
    }

    private static func steps(_ leading: [Int]) -> [Int] {
      zip(leading, Shape(leading).strides).map { $0 == 1 ? 0 : $1 }
    }

    var count: Int { leading.reduce(1, *) }

    /// True where B is one matrix for all of A, which is then one tall matrix.
    var isOneProduct: Bool { stepsB.allSatisfy { $0 == 0 } && !stepsA.contains(0) }

    /// The matrices of A and B that make matrix `index` of the output.
    func matrices(_ index: Int) -> (a: Int, b: Int) {
      var (rest, a, b) = (index, 0, 0)
      for axis in leading.indices.reversed() {
        let place = rest % leading[axis]
        rest /= leading[axis]
        a += place * stepsA[axis]
        b += place * stepsB[axis]
      }
      return (a, b)
    }
  }

  /// Calls `body` with where each product begins in A, B and Y, and how many rows it has.
  private func forEachProduct(
    _ a: Shape, _ b: Shape,
    _ body: (_ a: Int, _ b: Int, _ y: Int, _ m: Int, _ n: Int, _ k: Int) -> Void
  ) {
    guard let stacks = try? Stacks(a, b) else { preconditionFailure("\(a) · \(b)") }
    let (m, n, k) = (stacks.m, stacks.n, stacks.k)
    if stacks.isOneProduct { return body(0, 0, 0, stacks.count * m, n, k) }
    for index in 0..<stacks.count {
      let matrices = stacks.matrices(index)
      body(matrices.a * m * k, matrices.b * k * n, index * m * n, m, n, k)
    }
  }
}

// MARK: - Forward

extension MatMul {
  package func forward(_ pass: ForwardPass) {
    let (a, b, y) = (pass.inputs[0], pass.inputs[1], pass.outputs[0])
    forEachProduct(a.shape, b.shape) { atA, atB, atY, m, n, k in
      Kernels.gemm(a.base + atA, b.base + atB, y.base + atY, m: m, n: n, k: k)
    }
  }
}

// MARK: - Backward

extension MatMul {
  /// `dA = dY · Bᵀ`, `dB = Aᵀ · dY`, added up where a matrix was used more than once.
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    let (a, b) = (pass.inputs[0], pass.inputs[1])
    forEachProduct(a.shape, b.shape) { atA, atB, atY, m, n, k in
      if let da = pass.inputGradients[0] {
        Kernels.gemm(
          dy.base + atY, b.base + atB, da.base + atA, m: m, n: k, k: n,
          transposeB: true, beta: 1)
      }
      if let db = pass.inputGradients[1] {
        Kernels.gemm(
          a.base + atA, dy.base + atY, db.base + atB, m: k, n: n, k: m,
          transposeA: true, beta: 1)
      }
    }
  }
}

// MARK: - Heads

extension MatMul: ClassifierHeadOperator {
  package func classAxis(ofInput index: Int, shape: Shape) -> Int? {
    index == 1 && shape.rank == 2 ? 1 : nil
  }
}
