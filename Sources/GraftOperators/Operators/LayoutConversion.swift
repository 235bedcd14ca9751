package import GraftGraph
package import GraftONNX
package import GraftTensor

/// The same image with its channels elsewhere in memory: NCHW to NHWC, or back.
///
/// The plan puts it between two neighbours that disagree. It stands in no file and in no registry;
/// the layouts of its input and output say what is to be done.
package struct LayoutConversion: Operator {
  package static let opType = "LayoutConversion"
  package static let opsets = 1...22
  package static let layouts = OperatorLayouts.any
  package static let gradientNeeds: GradientNeeds = []

  package init() {}
}

// MARK: - ONNX

extension LayoutConversion {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    throw ONNXError("LayoutConversion is no ONNX operator; remove the node")
  }

  package func encode(into node: inout NodeEncoder) {}
}

// MARK: - Shapes and memory

extension LayoutConversion {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] { [inputs[0]] }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }
}

// MARK: - Forward

extension LayoutConversion {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    copy(x, y.readOnly).assign(from: x.base, to: y.base)
  }

  private func copy(_ source: TensorView, _ destination: TensorView) -> StridedCopy {
    StridedCopy(source.shape, source: source.strides, destination: destination.strides)
  }
}

// MARK: - Backward          dX = dY in the layout of X

extension LayoutConversion {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    copy(dy, dx.readOnly).accumulate(from: dy.base, to: dx.base)
  }
}
