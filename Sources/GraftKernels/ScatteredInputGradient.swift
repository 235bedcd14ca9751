internal import CGraftKernels

/// The gradient of a convolution by its input as one product per output pixel, whose results are
/// added to what the pixel has seen.
///
/// Where a large kernel sees a small plane, most products of the turned convolution would be with
/// padding; and 20 channels would fill panels of 32.
extension Kernels {
  static func scatteredGradientScratchFloats(_ geometry: ConvolutionGeometry) -> Int {
    ScatteredGradientMemory(geometry).total
  }

  /// `dX += ` what dY implies through the weights `[O, C, KH, KW]`; assigned where it begins.
  static func addScatteredInputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>, begins: Bool
  ) {
    let memory = ScatteredGradientMemory(geometry)
    let (packed, zeros) = (scratch, scratch + memory.packed)
    let products = zeros + memory.columns
    packScattered(weights, packed, rearranged: products, geometry)
    zeros.update(repeating: 0, count: memory.columns)

    var work = graft_input_gradient()
    work.window = graft_convolution(geometry)
    (work.window.weights, work.window.zeros) = (UnsafePointer(packed), UnsafePointer(zeros))
    (work.dy, work.dx, work.rows) = (dy, dx, memory.rows)
    work.begins = begins ? 1 : 0
    Parallel.run(memory.tasks) { [work] task in
      withUnsafePointer(to: work) {
        graft_add_input_gradient(
          $0, geometry.batch * task / memory.tasks, geometry.batch * (task + 1) / memory.tasks,
          products + task * memory.products)
      }
    }
  }

  /// `[O][channel][tap]` to `[panel of taps · channels][O][16]`.
  private static func packScattered(
    _ weights: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>,
    rearranged: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry
  ) {
    let (taps, channels) = (geometry.window.taps, geometry.inputChannels)
    Parallel.forRanges(of: geometry.outputChannels, size: 16) { range in
      for output in range {
        let (from, to) = (weights + output * channels * taps, rearranged + output * channels * taps)
        for tap in 0..<taps {
          for channel in 0..<channels { to[tap * channels + channel] = from[channel * taps + tap] }
        }
      }
    }
    let order = graft_weights(
      first: UnsafePointer(rearranged), output_stride: 1, channel_stride: taps * channels,
      tap_stride: 0)
    let panels = (taps * channels + panel - 1) / panel
    Parallel.run(panels) { task in
      withUnsafePointer(to: order) {
        graft_pack_panel(
          $0, packed + task * geometry.outputChannels * panel, taps * channels,
          geometry.outputChannels, 1, task)
      }
    }
  }
}

extension ConvolutionGeometry {
  /// Is the product of every output pixel with every tap, and adding it up, less work than a
  /// convolution of dY?
  package var scattersInputGradient: Bool {
    guard groups == 1, batch >= 8, window.taps > 1 else { return false }
    let panel = Kernels.panel
    let columns = (window.taps * inputChannels + panel - 1) / panel * panel
    // To write a product and to add it up takes about as long as eight outputs.
    let scattered = Double(window.outputArea) * Double(columns) * Double(outputChannels + 8)
    let turned =
      Double(window.inputArea) / Double(window.strideHeight * window.strideWidth)
      * Double(window.taps * outputChannels) * Double((inputChannels + panel - 1) / panel * panel)
    return scattered < 0.8 * turned
  }
}

/// What lies where while such a gradient is computed, in floats.
private struct ScatteredGradientMemory {
  let packed: Int
  let columns: Int
  let tasks: Int
  let rows: Int
  private let rearranged: Int

  init(_ geometry: ConvolutionGeometry) {
    columns =
      (geometry.window.taps * geometry.inputChannels + Kernels.panel - 1) / Kernels.panel
      * Kernels.panel
    packed = columns * geometry.outputChannels
    rearranged = geometry.weightCount
    tasks = min(geometry.batch, 32)
    // The products of a task, about 128 KiB, stay in the second-level cache beside the weights.
    let wanted = max(12, (1 << 15) / columns / 12 * 12)
    rows = min(wanted, Int(GRAFT_GRADIENT_ROWS), geometry.window.outputArea)
  }

  var products: Int { rows * columns }
  var total: Int { packed + columns + max(tasks * products, rearranged) }
}
