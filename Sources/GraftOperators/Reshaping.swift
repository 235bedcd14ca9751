import GraftGraph
import GraftTensor

/// What operators do at run time that change the shape and leave every element where it is: Flatten,
/// Reshape, Squeeze, Unsqueeze; and Identity and Cast, which do not even change the shape.
///
/// They run in place although the contract says "same shape" there: the element count is the same.
enum Reshaping {
  static func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    guard x.base != UnsafePointer(y.base) else { return }
    copy(x, y).assign(from: x.base, to: y.base)
  }

  static func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    copy(dy.readOnly, dx).accumulate(from: dy.base, to: dx.base)
  }

  private static func copy(_ source: TensorView, _ destination: MutableTensorView) -> StridedCopy {
    // Identity may be given a parameter, which keeps ONNX's layout; where the shapes differ both
    // sides are row-major.
    guard source.shape == destination.shape else {
      return StridedCopy([.init(extent: source.count, source: 1, destination: 1)])
    }
    return StridedCopy(source.shape, source: source.strides, destination: destination.strides)
  }
}
