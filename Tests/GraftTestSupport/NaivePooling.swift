import GraftGraph
import GraftTensor

/// A window over an image, straight from ONNX's formula, one pixel at a time.
package struct NaiveWindow {
  package var kernel: [Int]
  package var strides: [Int]
  package var dilations: [Int]
  /// top, left, bottom, right
  package var pads: [Int]
  package var output: [Int]

  /// Reads the attributes of an example for an image of this height and width.
  package init(_ example: OperatorCase, image: [Int], kernel: [Int]? = nil) {
    self.kernel = kernel ?? example.ints("kernel_shape") ?? [1, 1]
    strides = example.ints("strides") ?? [1, 1]
    dilations = example.ints("dilations") ?? [1, 1]
    pads = example.ints("pads") ?? [0, 0, 0, 0]
    output = [0, 0]
    let mode = example.string("auto_pad") ?? "NOTSET"
    for axis in 0..<2 {
      let span = (self.kernel[axis] - 1) * dilations[axis] + 1
      if mode.hasPrefix("SAME") {
        output[axis] = Int((Double(image[axis]) / Double(strides[axis])).rounded(.up))
        let total = max((output[axis] - 1) * strides[axis] + span - image[axis], 0)
        pads[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        pads[axis + 2] = total - pads[axis]
      } else {
        let room = Double(image[axis] + pads[axis] + pads[axis + 2] - span) / Double(strides[axis])
        let up = example.int("ceil_mode", default: 0) != 0
        output[axis] = Int(room.rounded(up ? .up : .down)) + 1
        if up, (output[axis] - 1) * strides[axis] >= image[axis] + pads[axis] { output[axis] -= 1 }
      }
    }
  }

  /// The coordinates that output pixel `[y, x]` sees, those in the padding and beyond included.
  package func taps(_ y: Int, _ x: Int) -> [(y: Int, x: Int)] {
    (0..<kernel[0]).flatMap { i in
      (0..<kernel[1]).map { j in
        (
          y * strides[0] - pads[0] + i * dilations[0], x * strides[1] - pads[1] + j * dilations[1]
        )
      }
    }
  }
}

/// Applies a function to the numbers of each window: those inside the image, and how many places lie
/// in image or padding.
package func naivePool(
  _ example: OperatorCase, _ x: DoubleTensor,
  _ function: (_ inside: [Double], _ padded: Int) -> Double
) -> DoubleTensor {
  let (height, width) = (x.shape[2], x.shape[3])
  let window = NaiveWindow(example, image: [height, width])
  var y = DoubleTensor(zeros: [x.shape[0], x.shape[1], window.output[0], window.output[1]])
  for n in 0..<x.shape[0] {
    for c in 0..<x.shape[1] {
      for oy in 0..<window.output[0] {
        for ox in 0..<window.output[1] {
          let taps = window.taps(oy, ox)
          let inside = taps.filter { $0.y >= 0 && $0.y < height && $0.x >= 0 && $0.x < width }
          let padded = taps.filter {
            $0.y < height + window.pads[2] && $0.x < width + window.pads[3]
          }
          y[n, c, oy, ox] = function(inside.map { x[n, c, $0.y, $0.x] }, padded.count)
        }
      }
    }
  }
  return y
}
