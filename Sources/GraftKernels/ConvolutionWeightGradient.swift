internal import CGraftKernels

/// The gradient of the weights of any convolution but a depthwise one.
///
/// Pixels are taken in blocks whose rearranged dY and X stay in a cache. Blocks follow one another, so
/// that the sums have one order.
extension Kernels {
  static func weightGradientScratchFloats(_ geometry: ConvolutionGeometry) -> Int {
    WeightGradientMemory(geometry).total
  }

  /// `dW += ` what X and dY imply; dW lies as `[O, C/groups, KH, KW]`.
  static func addWeightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>
  ) {
    let memory = WeightGradientMemory(geometry)
    var work = graft_weight_gradient()
    work.window = graft_convolution(geometry)
    work.window.x = x
    (work.dy, work.room) = (dy, memory.block)
    work.transposed = scratch
    work.panels = work.transposed + memory.transposed
    work.sums = work.panels + memory.panels
    let zeros = work.sums + memory.sums
    zeros.update(repeating: 0, count: memory.zeros)
    (work.zeros, work.window.zeros) = (UnsafePointer(zeros), UnsafePointer(zeros))
    if geometry.mergesKernelRows {
      mergeKernelRows(x, into: zeros + memory.zeros, &work.window, geometry)
    }

    for group in 0..<geometry.groups {
      work.group = group
      for first in stride(from: 0, to: geometry.outputPixels, by: memory.block) {
        work.first_pixel = first
        work.pixel_count = min(memory.block, geometry.outputPixels - first)
        addBlock(work, memory)
      }
      addSums(
        work.sums, to: dw + group * (geometry.weightCount / geometry.groups), geometry, memory)
    }
  }

  private static func addBlock(_ work: graft_weight_gradient, _ memory: WeightGradientMemory) {
    let (outputSize, panelSize) = (24, 8)
    let outputParts = (memory.outputs + outputSize - 1) / outputSize
    let panelParts = (memory.panelCount + panelSize - 1) / panelSize
    withUnsafePointer(to: work) { work in
      Parallel.forRanges(of: (work.pointee.pixel_count + 7) / 8, size: 8) {
        graft_gradient_rows(work, $0.lowerBound, $0.upperBound)
      }
      Parallel.run(memory.taps * outputParts * panelParts) { task in
        let (rest, output) = task.quotientAndRemainder(dividingBy: outputParts)
        let (tap, panel) = rest.quotientAndRemainder(dividingBy: panelParts)
        graft_gradient_sums(
          work, tap, output * outputSize, min(memory.outputs, (output + 1) * outputSize),
          panel * panelSize, min(memory.panelCount, (panel + 1) * panelSize))
      }
    }
  }

  /// Adds `[tap][O][columns]` to `[O][channel][tap]`. A merged tap is a row of the kernel, its
  /// channels those of all pixels of the row.
  private static func addSums(
    _ sums: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, _ memory: WeightGradientMemory
  ) {
    let (channels, taps) = (geometry.channelsPerGroup, geometry.window.taps)
    let perTap = taps / memory.taps
    Parallel.forRanges(of: memory.outputs, size: 16) { range in
      for output in range {
        let target = dw + output * channels * taps
        for tap in 0..<memory.taps {
          let source = sums + (tap * memory.outputs + output) * memory.columns
          for part in 0..<perTap {
            let place = target + tap * perTap + part
            for c in 0..<channels { place[c * taps] += source[part * channels + c] }
          }
        }
      }
    }
  }
}

/// What lies where while a gradient is computed, in floats.
private struct WeightGradientMemory {
  /// Taps and channels of a tap as the products see them: rows of the kernel, where those are merged.
  let taps: Int
  let panelCount: Int
  let outputs: Int
  /// Pixels of one block: about 4 MiB, whole groups of 8, and no power of two, which would put all
  /// rows into the same sets of the cache.
  let block: Int
  private let widened: Int

  init(_ geometry: ConvolutionGeometry) {
    let merges = geometry.mergesKernelRows
    taps = merges ? geometry.window.kernelHeight : geometry.window.taps
    let channels = geometry.channelsPerGroup * (merges ? geometry.window.kernelWidth : 1)
    panelCount = (channels + Kernels.panel - 1) / Kernels.panel
    outputs = geometry.outputsPerGroup
    widened = merges ? geometry.widenedFloats : 0
    let wanted = (1 << 20) / (taps * panelCount * Kernels.panel + outputs)
    let pixels = max(256, min(4096, wanted, (geometry.outputPixels + 15) / 16 * 16))
    block = pixels / 16 * 16 + 16
  }

  var columns: Int { panelCount * Kernels.panel }
  var transposed: Int { outputs * block }
  var panels: Int { taps * columns * block }
  var sums: Int { taps * outputs * columns }
  /// What padding and the first sums read.
  var zeros: Int { columns }
  var total: Int { transposed + panels + sums + zeros + widened }
}
