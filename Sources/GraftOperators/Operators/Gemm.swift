package import GraftGraph
internal import GraftKernels
package import GraftONNX
package import GraftTensor

/// General matrix product, the fully connected layer: `Y = alpha · A′ · B′ + beta · C`.
///
/// Inputs  A `[M, K]` or with transA `[K, M]`, B `[K, N]` or with transB `[N, K]`, optional C, which
///         broadcasts to `[M, N]`: a scalar, `[N]`, `[1, N]`, `[M, 1]` or `[M, N]`
/// Output  Y `[M, N]`
/// Source  ONNX operator specification, Gemm-13
package struct Gemm: Operator {
  package static let opType = "Gemm"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.any
  package var gradientNeeds: GradientNeeds { .inputs }

  package var alpha: Float
  package var beta: Float
  package var transA: Bool
  package var transB: Bool

  package init(alpha: Float = 1, beta: Float = 1, transA: Bool = false, transB: Bool = false) {
    self.alpha = alpha
    self.beta = beta
    self.transA = transA
    self.transB = transB
  }
}

// MARK: - ONNX

extension Gemm {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    alpha = try node.float("alpha", default: 1)
    beta = try node.float("beta", default: 1)
    transA = try node.int("transA", default: 0) != 0
    transB = try node.int("transB", default: 0) != 0
    // Before opset 7 C broadcast only where this said so; since then it always may.
    if node.opset < 7 { _ = try node.int("broadcast", default: 0) }
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("alpha", alpha)
    node.set("beta", beta)
    node.set("transA", transA ? 1 : 0)
    node.set("transB", transB ? 1 : 0)
    if node.opset < 7 { node.set("broadcast", 1) }
  }
}

// MARK: - Shapes and memory

extension Gemm {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 2 || inputs.count == 3 else {
      throw ShapeError("Gemm has \(inputs.count) inputs; expected A, B and optionally C")
    }
    let (a, b) = (inputs[0], inputs[1])
    guard a.rank == 2, b.rank == 2 else {
      throw ShapeError("A has shape \(a) and B \(b); expected two matrices")
    }
    let size = Size(self, a, b)
    let depthOfB = transB ? b[1] : b[0]
    guard size.k == depthOfB else {
      throw ShapeError(
        "A \(a)\(transA ? " transposed" : "") has \(size.k) columns; "
          + "B \(b)\(transB ? " transposed" : "") has \(depthOfB) rows")
    }
    let output: Shape = [size.m, size.n]
    guard Shape.checkedElementCount(output.dimensions) != nil else {
      throw ShapeError("the output \(output) is larger than any memory")
    }
    if inputs.count == 3, !Self.broadcasts(inputs[2], to: output) {
      throw ShapeError("C has shape \(inputs[2]); expected one that broadcasts to \(output)")
    }
    return [output]
  }

  package func role(ofInput index: Int, shape: Shape) -> ParameterRole {
    index == 2 ? .bias : .weight
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    let size = Size(self, inputs[0], inputs[1])
    let operations = 2 * Double(size.m) * Double(size.n) * Double(size.k)
    return operations < 0x1p62 ? Int(operations) : Int.max
  }

  private static func broadcasts(_ c: Shape, to output: Shape) -> Bool {
    let pairs = zip(c.dimensions.reversed(), output.dimensions.reversed())
    return c.rank <= 2 && pairs.allSatisfy { $0 == 1 || $0 == $1 }
  }

  /// `A′ [m, k]`, `B′ [k, n]`.
  private struct Size {
    let m: Int
    let n: Int
    let k: Int

    init(_ gemm: Gemm, _ a: Shape, _ b: Shape) {
      m = gemm.transA ? a[1] : a[0]
      k = gemm.transA ? a[0] : a[1]
      n = gemm.transB ? b[0] : b[1]
    }
  }

  /// Steps between the elements of C along the rows and columns of Y: 0 where C repeats.
  private static func steps(_ c: Shape) -> (row: Int, column: Int) {
    let columns = c.rank >= 1 ? c[c.rank - 1] : 1
    let rows = c.rank == 2 ? c[0] : 1
    return (rows == 1 ? 0 : columns, columns == 1 ? 0 : 1)
  }
}

// MARK: - Forward

extension Gemm {
  package func forward(_ pass: ForwardPass) {
    let (a, b, y) = (pass.inputs[0], pass.inputs[1], pass.outputs[0])
    let size = Size(self, a.shape, b.shape)
    let hasC = pass.inputs.count > 2 && beta != 0
    if hasC { repeatRows(pass.inputs[2], y, size) }
    Kernels.gemm(
      a.base, b.base, y.base, m: size.m, n: size.n, k: size.k,
      transposeA: transA, transposeB: transB, alpha: alpha, beta: hasC ? beta : 0)
  }

  /// Y = C, repeated.
  private func repeatRows(_ c: TensorView, _ y: MutableTensorView, _ size: Size) {
    let step = Self.steps(c.shape)
    for i in 0..<size.m {
      for j in 0..<size.n { y.base[i * size.n + j] = c.base[i * step.row + j * step.column] }
    }
  }
}

// MARK: - Backward

extension Gemm {
  /// With `G = alpha · dY`: `dA′ = G · B′ᵀ`, `dB′ = A′ᵀ · G`, each transposed where A or B is; dC is
  /// `beta · dY` summed over what was repeated.
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    let (a, b) = (pass.inputs[0], pass.inputs[1])
    let size = Size(self, a.shape, b.shape)
    if let da = pass.inputGradients[0] {
      if transA {
        Kernels.gemm(
          b.base, dy.base, da.base, m: size.k, n: size.m, k: size.n,
          transposeA: transB, transposeB: true, alpha: alpha, beta: 1)
      } else {
        Kernels.gemm(
          dy.base, b.base, da.base, m: size.m, n: size.k, k: size.n,
          transposeB: !transB, alpha: alpha, beta: 1)
      }
    }
    if let db = pass.inputGradients[1] {
      if transB {
        Kernels.gemm(
          dy.base, a.base, db.base, m: size.n, n: size.k, k: size.m,
          transposeA: true, transposeB: transA, alpha: alpha, beta: 1)
      } else {
        Kernels.gemm(
          a.base, dy.base, db.base, m: size.k, n: size.n, k: size.m,
          transposeA: !transA, alpha: alpha, beta: 1)
      }
    }
    if pass.inputs.count > 2, let dc = pass.inputGradients[2] { addSums(dy.readOnly, dc, size) }
  }

  private func addSums(_ dy: TensorView, _ dc: MutableTensorView, _ size: Size) {
    let step = Self.steps(dc.shape)
    for i in 0..<size.m {
      for j in 0..<size.n {
        dc.base[i * step.row + j * step.column] += beta * dy.base[i * size.n + j]
      }
    }
  }
}

// MARK: - Heads

extension Gemm: ClassifierHeadOperator {
  package func classAxis(ofInput index: Int, shape: Shape) -> Int? {
    switch index {
    case 1: transB ? 0 : 1
    case 2: shape.rank > 0 ? shape.rank - 1 : nil
    default: nil
    }
  }
}
