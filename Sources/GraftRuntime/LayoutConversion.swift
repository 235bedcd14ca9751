import GraftGraph
import GraftONNX
import GraftTensor

/// The same images with their channels elsewhere in memory: NCHW to NHWC, or back.
///
/// The plan puts it between two neighbours that disagree. It stands in no file and in no registry;
/// the layouts of its input and output say what is to be done.
struct LayoutConversion: Operator {
  static let opType = "LayoutConversion"
  static let opsets = supportedOpsets
  static let layouts = OperatorLayouts.any
  var gradientNeeds: GradientNeeds { [] }
}

// MARK: - ONNX

extension LayoutConversion {
  init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    throw ONNXError("LayoutConversion is no ONNX operator; remove the node")
  }

  func encode(into node: inout NodeEncoder) {
    preconditionFailure("layout conversions belong to the plan and are never exported")
  }
}

// MARK: - Shapes and memory

extension LayoutConversion {
  func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] { [inputs[0]] }

  func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }
}

// MARK: - Forward and backward

extension LayoutConversion {
  func forward(_ pass: ForwardPass) { Self.convert(pass.inputs[0], to: pass.outputs[0]) }

  func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    Self.transpose(dy.readOnly, to: dx) { $0 += $1 }
  }

  /// Copies images into another layout.
  ///
  /// - Precondition: the same shape, and the layouts differ.
  static func convert(_ source: TensorView, to destination: MutableTensorView) {
    transpose(source, to: destination) { $0 = $1 }
  }

  /// Each image is a matrix, channels by pixels or pixels by channels, to be transposed. In tiles,
  /// so that the strided side stays in the first-level cache.
  @inline(__always)
  private static func transpose(
    _ source: TensorView, to destination: MutableTensorView,
    _ put: (inout Float, Float) -> Void
  ) {
    precondition(source.shape == destination.shape && source.layout != destination.layout)
    let channels = source.shape[1]
    let pixels = source.shape[2] * source.shape[3]
    let (rows, columns) =
      source.layout == .channelsFirst ? (channels, pixels) : (pixels, channels)
    let tile = 32
    for image in 0..<source.shape[0] {
      let x = source.base + image * rows * columns
      let y = destination.base + image * rows * columns
      for firstRow in stride(from: 0, to: rows, by: tile) {
        for firstColumn in stride(from: 0, to: columns, by: tile) {
          for row in firstRow..<min(firstRow + tile, rows) {
            for column in firstColumn..<min(firstColumn + tile, columns) {
              put(&y[column &* rows &+ row], x[row &* columns &+ column])
            }
          }
        }
      }
    }
  }
}
