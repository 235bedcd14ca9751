internal import CGraftKernels

/// The gradient of the weights of any convolution but a depthwise one.
///
/// Pixels are taken in blocks whose rearranged dY and X stay in a cache. Blocks follow one another, so
/// that the sums have one order. Where rows of the kernel are merged, X stays as it lies.
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
    work.sums = work.transposed + memory.transposed
    let zeros = work.sums + memory.sums
    zeros.update(repeating: 0, count: memory.zeros)
    (work.zeros, work.window.zeros) = (UnsafePointer(zeros), UnsafePointer(zeros))
    let rest = zeros + memory.zeros
    if geometry.mergesKernelRows {
      addMergedBlocks(x, work, geometry, memory, rest)
      return addSums(work.sums, to: dw, geometry, memory)
    }
    work.panels = rest
    for group in 0..<geometry.groups {
      work.group = group
      addBlocks(0..<geometry.outputPixels, work, memory)
      addSums(
        work.sums, to: dw + group * (geometry.weightCount / geometry.groups), geometry, memory)
    }
  }

  /// X is read as it lies, up to a panel behind its end: where it has no room there, the last image
  /// is read from a copy.
  private static func addMergedBlocks(
    _ x: UnsafePointer<Float>, _ work: graft_weight_gradient, _ geometry: ConvolutionGeometry,
    _ memory: WeightGradientMemory, _ copy: UnsafeMutablePointer<Float>
  ) {
    var work = work
    mergeKernelRows(x, into: copy, &work.window, geometry)
    let pixels = 0..<geometry.outputPixels
    guard !geometry.isWidened else {
      (copy + (geometry.widenedFloats - panel)).update(repeating: 0, count: panel)
      return addBlocks(pixels, work, memory)
    }
    let last = pixels.upperBound - geometry.window.outputArea
    addBlocks(0..<last, work, memory)
    let before = geometry.inputCount - memory.tail
    copy.update(from: x + before, count: memory.tail)
    (copy + memory.tail).update(repeating: 0, count: panel)
    // The block counts its pixels over the batch.
    work.window.x = UnsafePointer(copy)
    work.dy += last * geometry.outputChannels
    addBlocks(0..<geometry.window.outputArea, work, memory, begins: last == 0)
  }

  private static func addBlocks(
    _ pixels: Range<Int>, _ work: graft_weight_gradient, _ memory: WeightGradientMemory,
    begins: Bool = true
  ) {
    var work = work
    for first in stride(from: pixels.lowerBound, to: pixels.upperBound, by: memory.pixels) {
      work.first_pixel = first
      work.pixel_count = min(memory.pixels, pixels.upperBound - first)
      work.is_first = begins && first == pixels.lowerBound ? 1 : 0
      addBlock(work, memory)
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
      let sums = work.pointee.panels == nil ? graft_gradient_row_sums : graft_gradient_sums
      Parallel.run(memory.taps * outputParts * panelParts) { task in
        let (rest, output) = task.quotientAndRemainder(dividingBy: outputParts)
        let (tap, panel) = rest.quotientAndRemainder(dividingBy: panelParts)
        sums(
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
  /// Pixels of one block.
  let pixels: Int
  /// Those that a row has room for: no power of two, which would put all rows into the same sets of
  /// the cache.
  let block: Int
  /// Floats of the last image, where it is copied.
  let tail: Int
  private let merges: Bool
  private let widened: Int

  init(_ geometry: ConvolutionGeometry) {
    merges = geometry.mergesKernelRows
    taps = merges ? geometry.window.kernelHeight : geometry.window.taps
    let channels = geometry.channelsPerGroup * (merges ? geometry.window.kernelWidth : 1)
    panelCount = (channels + Kernels.panel - 1) / Kernels.panel
    outputs = geometry.outputsPerGroup
    widened = merges ? geometry.widenedFloats : 0
    tail = merges && !geometry.isWidened ? geometry.window.inputArea * geometry.inputChannels : 0
    // What a block rearranges is about 4 MiB: dY, and X where it is laid in panels.
    let rearranged = outputs + (merges ? 0 : taps * panelCount * Kernels.panel)
    let wanted = (1 << 20) / rearranged
    let most = max(256, min(4096, wanted, (geometry.outputPixels + 15) / 16 * 16))
    let width = max(1, geometry.window.outputWidth)
    pixels = merges ? max(1, most / width) * width : most / 16 * 16 + 16
    block = merges ? (pixels + 15) / 32 * 32 + 16 : pixels
  }

  var columns: Int { panelCount * Kernels.panel }
  var transposed: Int { outputs * block }
  var panels: Int { taps * columns * block }
  var sums: Int { taps * outputs * columns }
  /// What padding and the first sums read.
  var zeros: Int { columns }
  var total: Int {
    transposed + sums + zeros + (merges ? widened + tail + Kernels.panel : panels)
  }
}
