package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Gaussian error linear unit: `Y = X · Φ(X)`, Φ the distribution of standard normal numbers.
///
///     Y = X / 2 · (1 + erf(X / √2))                                  approximate "none"
///     Y = X / 2 · (1 + tanh(√(2/π) · (X + 0.044715 X³)))             approximate "tanh"
///
/// Input    X any shape; output Y the same
/// Gradient `Φ(X) + X · φ(X)`, and that of the formula with tanh
/// Source   ONNX operator specification, Gelu-20; Hendrycks, Gimpel 2016
package struct Gelu: ArgumentGradientOperator {
  package static let opType = "Gelu"
  package static let opsets = 20...28

  let isApproximate: Bool

  package var function: UnaryFunction { .gelu(isApproximate: isApproximate) }
}

// MARK: - ONNX

extension Gelu {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    let approximate = try node.string("approximate", default: "none")
    guard approximate == "none" || approximate == "tanh" else {
      throw ONNXError("attribute approximate is \"\(approximate)\"; expected none or tanh")
    }
    isApproximate = approximate == "tanh"
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("approximate", isApproximate ? "tanh" : "none")
  }
}
