/// One axis along which a pool's window slides, every number resolved.
package struct VolumeAxis: Hashable, Sendable {
  package var input: Int
  package var output: Int
  package var kernel: Int
  package var stride: Int
  package var dilation: Int
  package var padBegin: Int
  package var padEnd: Int

  package init(
    input: Int, output: Int, kernel: Int, stride: Int, dilation: Int, padBegin: Int, padEnd: Int
  ) {
    self.input = input
    self.output = output
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padBegin = padBegin
    self.padEnd = padEnd
  }

  /// An axis that is not there.
  fileprivate static let none = VolumeAxis(
    input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, padBegin: 0, padEnd: 0)

  /// The place of the first tap of a window, which may lie in the padding.
  @inline(__always)
  fileprivate func start(_ output: Int) -> Int { output * stride - padBegin }

  /// How many taps of a window lie before a place.
  @inline(__always)
  private func taps(_ output: Int, before end: Int) -> Int {
    min(kernel, max(0, (end - start(output) + dilation - 1) / dilation))
  }

  /// The taps of a window that lie in the input. Counted, not looked for: kernels and padding may be
  /// far larger than it.
  @inline(__always)
  fileprivate func taps(_ output: Int) -> Range<Int> {
    let first = taps(output, before: 0)
    return first..<max(first, taps(output, before: input))
  }

  /// How many taps of a window lie in the input or its padding.
  fileprivate func paddedTaps(_ output: Int) -> Int { taps(output, before: input + padEnd) }
}

/// Pools over lines and volumes `[N, C, …]` of one to three axes, channels first: the plain loops.
/// Images have loops of their own, `Pooling.swift`.
extension Kernels {
  /// `y = max` over the window; the first of equal numbers wins, padding never. Where `taps` is given
  /// it gets the place of each maximum in its plane, −1 where the window saw only padding; the result
  /// there is the lowest number.
  package static func maxPoolVolume(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    taps: UnsafeMutablePointer<Int32>?, _ axes: [VolumeAxis], planes: Int
  ) {
    let volume = Volume(axes)
    forPlanes(planes, volume) { plane in
      let source = x + plane * volume.inputCount
      volume.forOutputs { output, place in
        var (best, tap) = (-Float.greatestFiniteMagnitude, -1)
        volume.forTaps(place) { input in
          guard tap < 0 || source[input] > best else { return }
          (best, tap) = (source[input], input)
        }
        let index = plane * volume.outputCount + output
        y[index] = best
        taps?[index] = Int32(truncatingIfNeeded: tap)
      }
    }
  }

  /// `dx[place of the maximum] += dy`
  package static func addMaxPoolVolumeGradient(
    taps: UnsafePointer<Int32>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ axes: [VolumeAxis], planes: Int
  ) {
    let volume = Volume(axes)
    forPlanes(planes, volume) { plane in
      for index in plane * volume.outputCount..<(plane + 1) * volume.outputCount
      where taps[index] >= 0 {
        dx[plane * volume.inputCount + Int(taps[index])] += dy[index]
      }
    }
  }

  /// `y = mean` over the window: over its places in the input, or with padding over those there too.
  package static func averagePoolVolume(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ axes: [VolumeAxis],
    countsPadding: Bool, planes: Int
  ) {
    let volume = Volume(axes)
    forPlanes(planes, volume) { plane in
      let source = x + plane * volume.inputCount
      volume.forOutputs { output, place in
        var (sum, count) = (0.0, 0)
        volume.forTaps(place) { input in
          sum += Double(source[input])
          count += 1
        }
        let divisor = countsPadding ? volume.paddedTaps(place) : count
        y[plane * volume.outputCount + output] = divisor > 0 ? Float(sum / Double(divisor)) : 0
      }
    }
  }

  /// `dx += dy / divisor` at every place of the window.
  package static func addAveragePoolVolumeGradient(
    _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, _ axes: [VolumeAxis],
    countsPadding: Bool, planes: Int
  ) {
    let volume = Volume(axes)
    forPlanes(planes, volume) { plane in
      let target = dx + plane * volume.inputCount
      volume.forOutputs { output, place in
        var count = 0
        volume.forTaps(place) { _ in count += 1 }
        let divisor = countsPadding ? volume.paddedTaps(place) : count
        guard divisor > 0 else { return }
        let share = dy[plane * volume.outputCount + output] / Float(divisor)
        volume.forTaps(place) { target[$0] += share }
      }
    }
  }

  private static func forPlanes(_ planes: Int, _ volume: Volume, _ body: (Int) -> Void) {
    Parallel.forRanges(
      of: planes, size: max(1, elementsPerTask / max(1, volume.outputCount))
    ) { range in
      for plane in range { body(plane) }
    }
  }
}

/// Three axes, those that are missing in front with one place.
private struct Volume {
  typealias Place = (depth: Int, row: Int, column: Int)

  let depth: VolumeAxis
  let rows: VolumeAxis
  let columns: VolumeAxis

  init(_ axes: [VolumeAxis]) {
    precondition((1...3).contains(axes.count), "\(axes.count) axes")
    let all = [VolumeAxis](repeating: .none, count: 3 - axes.count) + axes
    (depth, rows, columns) = (all[0], all[1], all[2])
  }

  var inputCount: Int { depth.input * rows.input * columns.input }
  var outputCount: Int { depth.output * rows.output * columns.output }

  func paddedTaps(_ place: Place) -> Int {
    depth.paddedTaps(place.depth) * rows.paddedTaps(place.row) * columns.paddedTaps(place.column)
  }

  @inline(__always)
  func forOutputs(_ body: (_ index: Int, Place) -> Void) {
    var index = 0
    for z in 0..<depth.output {
      for y in 0..<rows.output {
        for x in 0..<columns.output {
          body(index, (z, y, x))
          index += 1
        }
      }
    }
  }

  /// Calls `body` with the index of each place of a window that lies in the input.
  @inline(__always)
  func forTaps(_ place: Place, _ body: (Int) -> Void) {
    let (front, top) = (depth.start(place.depth), rows.start(place.row))
    let left = columns.start(place.column)
    for k in depth.taps(place.depth) {
      let z = front + k * depth.dilation
      for i in rows.taps(place.row) {
        let line = (z * rows.input + top + i * rows.dilation) * columns.input
        for j in columns.taps(place.column) { body(line + left + j * columns.dilation) }
      }
    }
  }
}
