internal import CGraftKernels

/// Output pixels of a tile of Winograd's convolution, down and across.
package enum WinogradSide: Int, Sendable {
  /// F(2×2, 3×3): 16 products a tile, 4/9 of the multiplications, 16/9 of the weights. For few
  /// pixels, where reading weights is what takes time, or where tiles of 4 would hang over the edge.
  /// F(2×2, 5×5): 36 products a tile, 9/25 of the multiplications, 36/25 of the weights.
  case two = 2
  /// F(4×4, 3×3): 36 products a tile, a quarter of the multiplications, four times the weights.
  case four = 4
}

extension ConvolutionGeometry {
  /// Input pixels that a tile sees, down and across.
  func winogradSeen(_ side: WinogradSide) -> Int { side.rawValue + window.kernelHeight - 1 }

  /// Products of a tile, in each of which all channels take part.
  func winogradPoints(_ side: WinogradSide) -> Int { winogradSeen(side) * winogradSeen(side) }

  /// The tile that takes the fewest multiplications.
  package var largestWinogradSide: WinogradSide { window.kernelHeight == 3 ? .four : .two }
}

/// Convolution of stride 1 by Winograd's F(4×4, 3×3), F(2×2, 3×3) or F(2×2, 5×5). Those of six
/// points round about ten times as much as the plain sum (1.6e-6 of the result's size).
///
/// Tiles are taken in blocks whose transforms stay in the cache. Of each block, first all tiles are
/// transformed, then come the 36 products, then the tiles are transformed back.
extension Kernels {
  package static func canWinograd(_ geometry: ConvolutionGeometry) -> Bool {
    let window = geometry.window
    return geometry.groups == 1 && window.kernelHeight == window.kernelWidth
      && (window.kernelHeight == 3 || window.kernelHeight == 5)
      && window.strideHeight == 1 && window.strideWidth == 1
      && window.dilationHeight == 1 && window.dilationWidth == 1
      && geometry.inputChannels % 8 == 0 && geometry.outputChannels % 8 == 0
  }

  package static func packedWinogradFloats(
    _ geometry: ConvolutionGeometry, _ side: WinogradSide
  ) -> Int {
    geometry.winogradPoints(side) * geometry.panels * panel * geometry.inputChannels
  }

  /// Transforms `weights`, `[O, C, 3, 3]` or `[O, C, 5, 5]` or turned round, to
  /// `[point][panel of 16 outputs][channel][16]`.
  package static func packWinograd(
    _ weights: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, _ side: WinogradSide, order: WeightOrder = .asIs
  ) {
    let weights = graft_weights(weights, geometry, order)
    Parallel.run(geometry.panels) { panel in
      withUnsafePointer(to: weights) {
        graft_winograd_pack(
          $0, packed, geometry.outputChannels, geometry.inputChannels, panel,
          geometry.window.kernelHeight, side.rawValue)
      }
    }
  }

  package static func winogradScratchFloats(
    _ geometry: ConvolutionGeometry, _ side: WinogradSide
  ) -> Int {
    let tiles = WinogradTiles(geometry, side)
    return geometry.winogradPoints(side) * tiles.block
      * (geometry.inputChannels + geometry.panels * panel)
      + geometry.panels * panel
  }

  /// Multiplications of the products.
  package static func winogradMultiplications(
    _ geometry: ConvolutionGeometry, _ side: WinogradSide
  ) -> Double {
    Double(geometry.winogradPoints(side) * WinogradTiles(geometry, side).count)
      * Double(geometry.inputChannels)
      * Double(geometry.panels * panel)
  }

  /// Floats that the transforms write and read.
  package static func winogradTransformedFloats(
    _ geometry: ConvolutionGeometry, _ side: WinogradSide
  ) -> Double {
    Double(geometry.winogradPoints(side) * WinogradTiles(geometry, side).count)
      * Double(geometry.inputChannels + geometry.outputChannels)
  }

  /// `Y = limits(X ⋆ W + bias + residual)`, X and Y channels-last.
  ///
  /// - Precondition: ``canWinograd(_:)``.
  package static func convolveWinograd(
    _ x: UnsafePointer<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    residual: UnsafePointer<Float>? = nil, limits: Limits = .none,
    _ y: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    _ side: WinogradSide, scratch: UnsafeMutablePointer<Float>
  ) {
    guard geometry.outputCount > 0 else { return }
    let tiles = WinogradTiles(geometry, side)
    let columns = geometry.panels * panel
    scratch.update(repeating: 0, count: columns)

    var work = graft_winograd(geometry, tiles)
    (work.x, work.weights, work.y) = (x, packed, y)
    work.zeros = UnsafePointer(scratch)
    (work.bias, work.residual) = (bias ?? UnsafePointer(scratch), residual)
    (work.low, work.high) = (limits.low, limits.high)
    work.transformed = scratch + columns
    work.products = work.transformed + work.point_floats * geometry.winogradPoints(side)
    for first in stride(from: 0, to: tiles.count, by: tiles.block) {
      work.first_tile = first
      work.tile_count = min(tiles.block, tiles.count - first)
      convolve(work, points: geometry.winogradPoints(side), panels: geometry.panels)
    }
  }

  private static func convolve(_ work: graft_winograd, points: Int, panels: Int) {
    withUnsafePointer(to: work) { work in
      let tiles = work.pointee.tile_count
      Parallel.forRanges(of: tiles, size: 8) {
        graft_winograd_input(work, $0.lowerBound, $0.upperBound)
      }
      let group = 8
      let groups = (panels + group - 1) / group
      Parallel.run(points * groups) { task in
        let (point, part) = task.quotientAndRemainder(dividingBy: groups)
        graft_winograd_products(work, point, part * group, min(panels, (part + 1) * group))
      }
      Parallel.forRanges(of: tiles, size: 8) {
        graft_winograd_output(work, $0.lowerBound, $0.upperBound)
      }
    }
  }
}

/// The output of a batch in tiles.
struct WinogradTiles {
  let side: WinogradSide
  let down: Int
  let across: Int
  let count: Int
  /// Tiles of one block.
  let block: Int

  init(_ geometry: ConvolutionGeometry, _ side: WinogradSide) {
    self.side = side
    down = (geometry.window.outputHeight + side.rawValue - 1) / side.rawValue
    across = (geometry.window.outputWidth + side.rawValue - 1) / side.rawValue
    count = geometry.batch * down * across
    // About 6 MiB of transforms, a part of the third-level cache; blocks of equal size.
    let tileBytes =
      geometry.winogradPoints(side) * 4 * (geometry.inputChannels + geometry.outputChannels)
    let wanted = max(48, min(768, (6 << 20) / max(tileBytes, 1)))
    let blocks = max(1, (count + wanted - 1) / wanted)
    block = max(1, (count + blocks - 1) / blocks)
  }
}

extension graft_winograd {
  init(_ geometry: ConvolutionGeometry, _ tiles: WinogradTiles) {
    let window = geometry.window
    self.init()
    (input_height, input_width) = (window.inputHeight, window.inputWidth)
    (output_height, output_width) = (window.outputHeight, window.outputWidth)
    (pad_top, pad_left) = (window.padTop, window.padLeft)
    (channels, outputs) = (geometry.inputChannels, geometry.outputChannels)
    (tile_side, seen) = (tiles.side.rawValue, geometry.winogradSeen(tiles.side))
    (tiles_down, tiles_across) = (tiles.down, tiles.across)
    tile_stride = tiles.block
    (tile_floats, panel_floats) = (channels, Kernels.panel)
    point_floats = tile_stride * channels
  }
}
