internal import CGraftKernels

/// What a convolution computes, every number resolved. Images lie channels-last.
package struct ConvolutionGeometry: Hashable, Sendable {
  package var batch: Int
  package var inputChannels: Int
  package var outputChannels: Int
  package var groups: Int
  package var window: WindowGeometry

  package init(
    batch: Int, inputChannels: Int, outputChannels: Int, groups: Int = 1, window: WindowGeometry
  ) {
    self.batch = batch
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
    self.window = window
  }

  package var channelsPerGroup: Int { inputChannels / groups }
  package var outputsPerGroup: Int { outputChannels / groups }
  /// Floats of the weights `[O, C/groups, KH, KW]`.
  package var weightCount: Int { outputChannels * channelsPerGroup * window.taps }
  package var inputCount: Int { batch * window.inputArea * inputChannels }
  package var outputPixels: Int { batch * window.outputArea }
  package var outputCount: Int { outputPixels * outputChannels }
  /// Multiplications, as a Double: shapes from a file may be beyond any machine.
  package var multiplications: Double {
    Double(outputPixels) * Double(outputChannels) * Double(channelsPerGroup * window.taps)
  }

  /// One group per channel.
  package var isDepthwise: Bool { groups == inputChannels && groups > 1 }
}

/// Limits that the last pass of a kernel applies, instead of a pass of their own.
package struct Limits: Hashable, Sendable {
  package var low: Float
  package var high: Float

  package init(low: Float = -.infinity, high: Float = .infinity) {
    self.low = low
    self.high = high
  }

  package static let none = Limits()
  package static let relu = Limits(low: 0)
}

/// How the weights that are to be packed lie, seen from the convolution that they are packed for.
package enum WeightOrder: Sendable {
  /// `[O, C/groups, KH, KW]`
  case asIs
  /// Those of the convolution whose gradient this one computes: `[C/groups, O, KH, KW]` within each
  /// group, every kernel turned round.
  case turned
}

extension graft_weights {
  init(_ group: UnsafePointer<Float>, _ geometry: ConvolutionGeometry, _ order: WeightOrder) {
    let taps = geometry.window.taps
    switch order {
    case .asIs:
      self.init(
        first: group, output_stride: geometry.channelsPerGroup * taps, channel_stride: taps,
        tap_stride: 1)
    case .turned:
      self.init(
        first: group + (taps - 1), output_stride: taps,
        channel_stride: geometry.outputsPerGroup * taps, tap_stride: -1)
    }
  }
}

/// Weights lie packed as `[group][panel of 16 outputs][block of channels][tap][channel][16]`, the
/// last panel of a group filled up with zeros; depthwise as `[tap][output]`.
extension Kernels {
  package static func packedConvolutionFloats(_ geometry: ConvolutionGeometry) -> Int {
    if geometry.isDepthwise { return geometry.weightCount }
    return geometry.groups * geometry.panelFloats * geometry.panels
  }

  /// Rearranges `weights`, `[O, C/groups, KH, KW]`, for
  /// ``convolve``.
  package static func packConvolution(
    _ weights: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, order: WeightOrder = .asIs
  ) {
    if geometry.isDepthwise {
      let (outputs, taps) = (geometry.outputChannels, geometry.window.taps)
      for output in 0..<outputs {
        for tap in 0..<taps {
          let place = order == .asIs ? tap : taps - 1 - tap
          packed[tap * outputs + output] = weights[output * taps + place]
        }
      }
      return
    }
    let groupFloats = geometry.weightCount / geometry.groups
    Parallel.run(geometry.groups * geometry.panels) { task in
      let (group, panel) = task.quotientAndRemainder(dividingBy: geometry.panels)
      let weights = graft_weights(weights + group * groupFloats, geometry, order)
      withUnsafePointer(to: weights) {
        graft_pack_panel(
          $0, packed + task * geometry.panelFloats, geometry.outputsPerGroup,
          geometry.channelsPerGroup, geometry.window.taps, panel)
      }
    }
  }

  /// Working memory of a convolution: the padded bias, what padding reads, and for images of few
  /// channels a copy with padding.
  package static func convolutionScratchFloats(_ geometry: ConvolutionGeometry) -> Int {
    geometry.paddedBiasFloats + rounded(geometry.channelsPerGroup * geometry.window.kernelWidth)
      + (geometry.mergesKernelRows ? geometry.widenedFloats : 0)
  }

  /// `Y = limits(X ⋆ W + bias + residual)`, X and Y channels-last; or, accumulating,
  /// `Y += X ⋆ W`.
  package static func convolve(
    _ x: UnsafePointer<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    residual: UnsafePointer<Float>? = nil, limits: Limits = .none,
    _ y: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, accumulates: Bool = false
  ) {
    guard geometry.outputCount > 0 else { return }
    let zeros = scratch + geometry.paddedBiasFloats
    let zeroCount = rounded(geometry.channelsPerGroup * geometry.window.kernelWidth)
    padBias(bias, scratch, geometry)
    zeros.update(repeating: 0, count: zeroCount)

    var work = graft_convolution(geometry)
    (work.x, work.weights, work.y) = (x, packed, y)
    (work.bias, work.zeros) = (UnsafePointer(scratch), UnsafePointer(zeros))
    work.residual = residual
    (work.low, work.high) = (limits.low, limits.high)
    if accumulates, geometry.isDepthwise { work.residual = UnsafePointer(y) }
    if geometry.isDepthwise { return convolveDepthwise(work) }
    if accumulates { work.bias = nil }
    if geometry.mergesKernelRows {
      mergeKernelRows(x, into: zeros + zeroCount, &work, geometry)
    }
    graft_convolution_plan(&work)
    Parallel.run(graft_convolution_tasks(&work)) { [work] task in
      withUnsafePointer(to: work) { graft_convolve($0, task) }
    }
  }

  private static func convolveDepthwise(_ work: graft_convolution) {
    let rows = work.batch * work.output_height
    Parallel.forRanges(of: rows, size: (rows + 31) / 32) { range in
      withUnsafePointer(to: work) {
        graft_convolve_depthwise($0, range.lowerBound, range.upperBound)
      }
    }
  }

  /// Rounds up to whole cache lines.
  private static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  private static func padBias(
    _ bias: UnsafePointer<Float>?, _ padded: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry
  ) {
    padded.update(repeating: 0, count: geometry.paddedBiasFloats)
    guard let bias else { return }
    let outputs = geometry.outputsPerGroup
    let step = geometry.isDepthwise ? outputs : geometry.panels * panel
    for group in 0..<geometry.groups {
      (padded + group * step).update(from: bias + group * outputs, count: outputs)
    }
  }

  static let panel = Int(GRAFT_PANEL)
}

// MARK: - Few channels

/// With the three channels of a photo a tap is too short a run. Channels-last, the pixels that one
/// row of the kernel sees touch: a row of the kernel is taken as one tap of `KW · C` channels.
/// Images with padding are copied with it for this.
extension Kernels {
  static func mergeKernelRows(
    _ x: UnsafePointer<Float>, into widened: UnsafeMutablePointer<Float>,
    _ work: inout graft_convolution, _ geometry: ConvolutionGeometry
  ) {
    let (window, channels) = (geometry.window, geometry.inputChannels)
    let (height, rowFloats) = (geometry.widenedHeight, geometry.widenedWidth * channels)
    work.channels = channels * window.kernelWidth
    (work.kernel_width, work.pad_left, work.pad_top) = (1, 0, 0)
    work.row_stride = rowFloats
    work.image_stride = rowFloats * height
    work.input_height = height
    work.input_width = geometry.widenedWidth - window.kernelWidth + 1
    guard geometry.isWidened else { return }
    let left = window.padLeft * channels
    let copied = min(window.inputWidth * channels, max(0, rowFloats - left))
    Parallel.forRanges(of: geometry.batch * height, size: 64) { rows in
      for row in rows {
        let target = widened + row * rowFloats
        let (image, y) = row.quotientAndRemainder(dividingBy: height)
        guard (0..<window.inputHeight).contains(y - window.padTop) else {
          target.update(repeating: 0, count: rowFloats)
          continue
        }
        let source =
          x + (image * window.inputHeight + y - window.padTop) * (window.inputWidth * channels)
        target.update(repeating: 0, count: min(left, rowFloats))
        (target + left).update(from: source, count: copied)
        (target + left + copied).update(repeating: 0, count: max(0, rowFloats - left - copied))
      }
    }
    work.x = UnsafePointer(widened)
  }
}

extension ConvolutionGeometry {
  var panels: Int { (outputsPerGroup + Kernels.panel - 1) / Kernels.panel }
  var panelFloats: Int { window.taps * channelsPerGroup * Kernels.panel }
  var paddedBiasFloats: Int { groups * panels * Kernels.panel }

  /// Below 16 channels, or where it fills panels of 16 better, as long as one row of the kernel
  /// stays one block of channels.
  var mergesKernelRows: Bool {
    let fillsBetter = inputChannels < 32 && inputChannels % 16 != 0 && window.kernelWidth >= 5
    return groups == 1 && (inputChannels < 16 || fillsBetter) && window.kernelWidth > 1
      && window.dilationWidth == 1
      && window.padLeft >= 0 && window.padTop >= 0
      && inputChannels * window.kernelWidth <= 512
  }

  /// Pixels of a row with all that the last window of it sees.
  var widenedWidth: Int {
    max(
      (window.outputWidth - 1) * window.strideWidth + window.kernelWidth,
      window.padLeft + window.inputWidth)
  }

  /// Rows of an image with all that its last window sees.
  var widenedHeight: Int {
    max(
      (window.outputHeight - 1) * window.strideHeight
        + (window.kernelHeight - 1) * window.dilationHeight + 1,
      window.padTop + window.inputHeight)
  }

  /// Do images with their padding differ from those that are given?
  var isWidened: Bool {
    window.padLeft != 0 || widenedWidth != window.inputWidth || window.padTop != 0
      || widenedHeight != window.inputHeight
  }

  /// A panel may be read beyond the last pixel.
  var widenedFloats: Int {
    isWidened ? batch * widenedHeight * widenedWidth * inputChannels + Kernels.panel : 0
  }
}

extension graft_convolution {
  init(_ geometry: ConvolutionGeometry) {
    let window = geometry.window
    self.init()
    batch = geometry.batch
    (input_height, input_width) = (window.inputHeight, window.inputWidth)
    (output_height, output_width) = (window.outputHeight, window.outputWidth)
    (kernel_height, kernel_width) = (window.kernelHeight, window.kernelWidth)
    (stride_height, stride_width) = (window.strideHeight, window.strideWidth)
    (dilation_height, dilation_width) = (window.dilationHeight, window.dilationWidth)
    (pad_top, pad_left) = (window.padTop, window.padLeft)
    groups = geometry.groups
    (channels, outputs) = (geometry.channelsPerGroup, geometry.outputsPerGroup)
    pixel_stride = geometry.inputChannels
    row_stride = window.inputWidth * geometry.inputChannels
    image_stride = window.inputArea * geometry.inputChannels
    output_pixel_stride = geometry.outputChannels
  }
}
