package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Reorders the axes: `Y[i_perm(0), i_perm(1), …] = X[i₀, i₁, …]`.
///
/// Input X any shape; output Y has extent `X[perm(a)]` along axis `a`. Without `perm` the axes are
/// reversed.
/// Source: ONNX operator specification, Transpose-21.
package struct Transpose: Operator, FoldingOperator {
  package static let opType = "Transpose"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.channelsFirst
  package var gradientNeeds: GradientNeeds { [] }

  /// Nil reverses all axes.
  package var permutation: [Int]?

  package init(permutation: [Int]?) { self.permutation = permutation }
}

// MARK: - ONNX

extension Transpose {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    permutation = try node.ints("perm")
    if let permutation, permutation.sorted() != Array(permutation.indices) {
      throw ONNXError(
        "attribute perm is \(permutation); expected each of 0 to \(permutation.count - 1) once")
    }
  }

  package func encode(into node: inout NodeEncoder) {
    if let permutation { node.set("perm", permutation) }
  }
}

// MARK: - Shapes and memory

extension Transpose {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try transposed(inputs[0])]
  }

  private func transposed(_ x: Shape) throws(ShapeError) -> Shape {
    if let permutation, permutation.count != x.rank {
      throw ShapeError("perm \(permutation) does not fit the input \(x) of rank \(x.rank)")
    }
    return Shape(permutation(rank: x.rank).map { x[$0] })
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let data = inputs[0].constant else { return nil }
    let y = try transposed(data.shape)
    return [Constant(assembling: [(data, copy(data.shape.strides, y, y.strides))], to: y)]
  }

  private func copy(_ source: [Int], _ y: Shape, _ destination: [Int]) -> StridedCopy {
    StridedCopy(y, source: permutation(rank: y.rank).map { source[$0] }, destination: destination)
  }
}

// MARK: - Forward

extension Transpose {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    copy(x.strides, y.shape, y.strides).assign(from: x.base, to: y.base)
  }
}

// MARK: - Backward          dX = dY with the axes back in their order

extension Transpose {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    copy(dx.strides, dy.shape, dy.strides).reversed.accumulate(from: dy.base, to: dx.base)
  }
}

// MARK: - Layout

extension Transpose: AxisReorderingOperator {
  package func permutation(rank: Int) -> [Int] { permutation ?? (0..<rank).reversed() }
}
