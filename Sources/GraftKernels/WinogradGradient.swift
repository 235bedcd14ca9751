internal import CGraftKernels

/// The gradient of the weights of a 3×3 or 5×5 convolution of stride 1, as Winograd's products: a
/// quarter of the multiplications, or 9/25.
///
///     dW = Gᵀ [ Σ over tiles (A dY Aᵀ) ⊙ (Bᵀ X B) ] G
///
/// Blocks of tiles follow one another, so that the sums have one order.
/// Source: Lavin, Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, section 4.
extension Kernels {
  package static func winogradGradientScratchFloats(_ geometry: ConvolutionGeometry) -> Int {
    let memory = GradientMemory(geometry)
    return memory.transformed + memory.differences + memory.sums + memory.columns
  }

  /// `dW += ` what X and dY imply; dW lies as `[O, C, KH, KW]`.
  ///
  /// - Precondition: ``canWinograd(_:)``.
  package static func addWinogradWeightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>
  ) {
    guard geometry.outputCount > 0 else { return }
    let memory = GradientMemory(geometry)
    var work = graft_winograd_gradient()
    work.tiles = graft_winograd(geometry, memory.tiles)
    work.tiles.x = x
    work.tiles.tile_stride = memory.tileStride
    (work.tiles.tile_floats, work.tiles.panel_floats) = (panel, memory.tileStride * panel)
    work.tiles.point_floats = memory.tileStride * memory.columns
    work.tiles.transformed = scratch
    (work.dy, work.dw) = (dy, dw)
    work.differences = scratch + memory.transformed
    work.sums = work.differences + memory.differences
    let zeros = work.sums + memory.sums
    zeros.update(repeating: 0, count: memory.columns)
    work.zeros = UnsafePointer(zeros)

    for first in stride(from: 0, to: memory.tiles.count, by: memory.tiles.block) {
      work.tiles.first_tile = first
      work.tiles.tile_count = min(memory.tiles.block, memory.tiles.count - first)
      addBlock(work, outputs: geometry.outputChannels)
    }
    Parallel.forRanges(of: geometry.outputChannels, size: 8) { [work] range in
      withUnsafePointer(to: work) {
        graft_winograd_weights($0, range.lowerBound, range.upperBound)
      }
    }
  }

  private static func addBlock(_ work: graft_winograd_gradient, outputs: Int) {
    withUnsafePointer(to: work) { work in
      let tiles = work.pointee.tiles.tile_count
      Parallel.forRanges(of: tiles, size: 8) { range in
        var input = work.pointee.tiles
        graft_winograd_input(&input, range.lowerBound, range.upperBound)
        let group = range.lowerBound / 8
        graft_winograd_differences(work, group, group + 1)
      }
      // Halves of many outputs, so that more than 36 threads find work.
      let size = 192
      let parts = (outputs + size - 1) / size
      Parallel.run(GradientMemory.points * parts) { task in
        let (point, part) = task.quotientAndRemainder(dividingBy: parts)
        graft_winograd_sums(work, point, part * size, min(outputs, (part + 1) * size))
      }
    }
  }
}

/// What lies where while a gradient is computed, in floats.
private struct GradientMemory {
  let tiles: WinogradTiles
  /// Tiles that a row has room for: whole groups of 8, and no power of two, which would put all rows
  /// into the same sets of the cache.
  let tileStride: Int
  /// Channels, filled up to whole panels.
  let columns: Int

  init(_ geometry: ConvolutionGeometry) {
    tiles = WinogradTiles(geometry, geometry.largestWinogradSide)
    tileStride = (tiles.block + 15) / 16 * 16 + 16
    columns = (geometry.inputChannels + Kernels.panel - 1) / Kernels.panel * Kernels.panel
    outputs = geometry.outputChannels
  }

  /// Of a tile that sees 6×6 pixels.
  static let points = 36
  private let outputs: Int

  var transformed: Int { Self.points * tileStride * columns }
  var differences: Int { Self.points * outputs * tileStride }
  var sums: Int { Self.points * outputs * columns }
}
