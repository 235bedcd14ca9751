import GraftGraph
import GraftONNX
import GraftTensor

/// The same memory under another order of axes: what is left of a Transpose between `[N, C, H, W]`
/// and `[N, H, W, C]`, since images lie channels last.
///
/// The plan puts it in the place of such a Transpose. It stands in no file and in no registry; where
/// nobody else wants the input, it does nothing at all.
struct LayoutView: Operator {
  static let opType = "LayoutView"
  static let opsets = supportedOpsets
  static let layouts = OperatorLayouts.any
  static let runsInPlace = true
  var gradientNeeds: GradientNeeds { [] }

  /// Which axes move. Channels first: the input is row-major, hence the output channels last.
  let direction: Direction

  enum Direction {
    /// `[N, C, H, W]`, channels last in memory, read as a row-major `[N, H, W, C]`.
    case ofChannelsLast
    /// A row-major `[N, H, W, C]`, read as `[N, C, H, W]`, channels last in memory.
    case ofRows

    /// The direction of a Transpose with this permutation; nil for one that moves elements.
    init?(_ permutation: [Int]) {
      switch permutation {
      case [0, 2, 3, 1]: self = .ofChannelsLast
      case [0, 3, 1, 2]: self = .ofRows
      default: return nil
      }
    }

    var input: Layout { self == .ofChannelsLast ? .channelsLast : .channelsFirst }
    var output: Layout { self == .ofChannelsLast ? .channelsFirst : .channelsLast }
  }
}

// MARK: - ONNX

extension LayoutView {
  init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    throw ONNXError("LayoutView is no ONNX operator; remove the node")
  }

  func encode(into node: inout NodeEncoder) {
    preconditionFailure("views belong to the plan and are never exported")
  }
}

// MARK: - Shapes and memory

extension LayoutView {
  func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    let axes = direction == .ofChannelsLast ? [0, 2, 3, 1] : [0, 3, 1, 2]
    return [Shape(axes.map { inputs[0][$0] })]
  }

  func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }
}

// MARK: - Forward and backward

extension LayoutView {
  func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    guard x.base != UnsafePointer(y.base) else { return }
    y.base.update(from: x.base, count: x.count)
  }

  func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    for i in 0..<dx.count { dx.base[i] += dy.base[i] }
  }
}
