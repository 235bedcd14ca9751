package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Largest number of each channel of each image.
///
///     Y[n, c, 0, 0] = max over h, w of X[n, c, h, w]
///
/// Input    X `[N, C, H, W]`
/// Output   Y `[N, C, 1, 1]`
/// Memory   while training, the pixel of each maximum, as MaxPool does
/// Gradient goes to that pixel alone, the first one among equal numbers
/// Source   ONNX operator specification, GlobalMaxPool-22
package struct GlobalMaxPool: Operator {
  package static let opType = "GlobalMaxPool"
  package static let opsets = 1...28
}

// MARK: - ONNX

extension GlobalMaxPool {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {}
  package func encode(into node: inout NodeEncoder) {}
}

// MARK: - Shapes and memory

extension GlobalMaxPool {
  package static var layouts: OperatorLayouts { .channelsLast }
  package var gradientNeeds: GradientNeeds { [] }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try Shape.globallyPooled(inputs)]
  }

  package func memory(for context: PlanningContext) -> OperatorMemory {
    OperatorMemory(saved: [context.inputs[0][0] * context.inputs[0][1]])
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[0].elementCount
  }

  /// One window, the whole image.
  private func geometry(_ x: Shape) -> WindowGeometry {
    WindowGeometry(
      inputHeight: x[2], inputWidth: x[3], outputHeight: 1, outputWidth: 1, kernelHeight: x[2],
      kernelWidth: x[3])
  }
}

extension Shape {
  /// `[N, C, 1, 1]`
  static func globallyPooled(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 1, inputs[0].rank == 4 else {
      throw ShapeError(
        "inputs \(inputs); expected one of 4 dimensions, [N, C, H, W]")
    }
    let (x, largest) = (inputs[0], Int(Int32.max))
    guard x[2] >= 1, x[3] >= 1, x[2] <= largest / x[3] else {
      throw ShapeError("the input \(x) has \(x[2]) × \(x[3]) pixels; expected 1 to \(largest)")
    }
    return [x[0], x[1], 1, 1]
  }
}

// MARK: - Forward

extension GlobalMaxPool {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    guard let saved = pass.saved.first else {
      Kernels.maxPool(
        x.base, y.base, taps: nil, geometry(x.shape), images: x.shape[0], channels: x.shape[1])
      return
    }
    saved.base.withMemoryRebound(to: Int32.self, capacity: saved.count) { taps in
      Kernels.maxPool(
        x.base, y.base, taps: taps, geometry(x.shape), images: x.shape[0], channels: x.shape[1])
    }
  }
}

// MARK: - Backward

extension GlobalMaxPool {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    pass.saved[0].base.withMemoryRebound(to: Int32.self, capacity: dy.count) { taps in
      Kernels.addMaxPoolGradient(
        taps: taps, dy.base, dx.base, inputArea: dx.shape[2] * dx.shape[3], outputArea: 1,
        images: dx.shape[0], channels: dx.shape[1])
    }
  }
}

// MARK: - Fusion

extension GlobalMaxPool: LargestTakingOperator {}
