public import GraftTensor

/// What training makes small: a number for each batch of outputs and targets, with its gradient.
///
/// Targets have the shape of the outputs, `[N, K]` (or `[N, K, 1, 1]`): one-hot rows for labels,
/// mixed rows where photos were mixed, any numbers for regression. A batch may be computed in parts:
/// `total` is then that of the whole batch, and the parts' losses and gradients add up.
public protocol Loss: Sendable {
  /// What the sum of the rows' losses is divided by: N for most, the sum of the classes' weights
  /// where classes count differently.
  func weight(of targets: TensorView) -> Double

  /// The sum of the rows' losses divided by `total`; assigns ∂/∂outputs where a gradient is asked
  /// for.
  ///
  /// - Precondition: outputs, targets and gradient have equally many elements.
  func evaluate(
    _ outputs: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double
}

extension Loss {
  /// One for each row.
  public func weight(of targets: TensorView) -> Double { Double(targets.shape[0]) }

  /// The mean loss of a batch; assigns ∂/∂outputs where a gradient is asked for.
  public func evaluate(
    _ outputs: TensorView, targets: TensorView, gradient: MutableTensorView?
  ) -> Double {
    evaluate(outputs, targets: targets, total: weight(of: targets), gradient: gradient)
  }

  /// The mean loss of a batch whose rows each belong to one class.
  ///
  /// - Precondition: one label in `0..<K` for each row.
  public func evaluate(
    _ outputs: TensorView, labels: [Int], gradient: MutableTensorView?
  ) -> Double {
    let targets = Targets.oneHot(labels, classes: outputs.shape.elementCountPerImage)
    return targets.withUnsafeElements { _ in
      evaluate(outputs, targets: targets.unsafeView, gradient: gradient)
    }
  }
}

/// Targets of labels.
public enum Targets {
  /// Copies rows of targets `[N, outputs]` one after the other.
  static func copy(
    _ targets: Tensor, _ indices: ArraySlice<Int>, into rows: UnsafeMutablePointer<Float>
  ) {
    let width = targets.shape.elementCountPerImage
    targets.withUnsafeElements { elements in
      guard let base = elements.baseAddress else { return }
      for (row, index) in indices.enumerated() {
        (rows + row * width).update(from: base + index * width, count: width)
      }
    }
  }

  /// `[N, classes]` with a one in each row at the row's label, elsewhere zeros.
  ///
  /// - Precondition: labels in `0..<classes`.
  public static func oneHot(_ labels: [Int], classes: Int) -> Tensor {
    Tensor(unsafeUninitialized: [labels.count, classes]) {
      write(labels, classes: classes, into: $0)
    }
  }

  /// Writes one row of `classes` numbers for each label.
  ///
  /// - Precondition: labels in `0..<classes`.
  public static func write(
    _ labels: some Sequence<Int>, classes: Int, into rows: UnsafeMutablePointer<Float>
  ) {
    for (row, label) in labels.enumerated() {
      precondition(label >= 0 && label < classes, "label \(label) of \(classes) classes")
      (rows + row * classes).update(repeating: 0, count: classes)
      rows[row * classes + label] = 1
    }
  }
}
