/// Images `[images, channels, area]` whose channels lie in groups of equal size.
package struct ChannelGroups: Hashable, Sendable {
  package var images: Int
  package var groups: Int
  /// Channels of each group.
  package var channels: Int
  package var area: Int
  /// Channels that share a scale and a bias: 1, or a whole group.
  package var channelsOfScale: Int

  package init(images: Int, groups: Int, channels: Int, area: Int, channelsOfScale: Int = 1) {
    self.images = images
    self.groups = groups
    self.channels = channels
    self.area = area
    self.channelsOfScale = channelsOfScale
  }

  /// Groups of all images, each with statistics of its own.
  package var rows: Int { images * groups }
  fileprivate var rowCount: Int { channels * area }
}

/// Normalisation of groups of channels by their own mean and variance; sums in Double.
extension Kernels {
  /// `y = (x − mean) · inverse · scale + bias`, `inverse = 1 / √(variance + epsilon)`. The means and
  /// inverses of the groups are written where they are given.
  package static func normalizeGroups(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, means: UnsafeMutablePointer<Float>?,
    inverses: UnsafeMutablePointer<Float>?, _ groups: ChannelGroups, epsilon: Float
  ) {
    forGroups(groups) { row, firstScale in
      let v = x + row * groups.rowCount
      var (sum, squares) = (0.0, 0.0)
      for i in 0..<groups.rowCount { sum += Double(v[i]) }
      let mean = sum / Double(groups.rowCount)
      for i in 0..<groups.rowCount {
        let difference = Double(v[i]) - mean
        squares += difference * difference
      }
      let inverse = Float(1 / (squares / Double(groups.rowCount) + Double(epsilon)).squareRoot())
      let center = Float(mean)
      means?[row] = center
      inverses?[row] = inverse
      for channel in 0..<groups.channels {
        let place = (firstScale + channel) / groups.channelsOfScale
        let (factor, offset) = (inverse * scale[place], bias[place])
        let (from, to) = (
          v + channel * groups.area, y + (row * groups.channels + channel) * groups.area
        )
        for i in 0..<groups.area { to[i] = (from[i] - center) * factor + offset }
      }
    }
  }

  /// With `x̂ = (x − mean) · inverse` and `g = dy · scale`:
  /// `dx += inverse · (g − mean(g) − x̂ · mean(g · x̂))`.
  package static func addGroupNormalizationGradient(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, means: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ groups: ChannelGroups
  ) {
    forGroups(groups) { row, firstScale in
      let (mean, inverse) = (means[row], inverses[row])
      var (sum, product) = (0.0, 0.0)
      for channel in 0..<groups.channels {
        let start = (row * groups.channels + channel) * groups.area
        let factor = Double(scale[(firstScale + channel) / groups.channelsOfScale])
        for i in start..<start + groups.area {
          sum += Double(dy[i]) * factor
          product += Double(dy[i]) * factor * Double((x[i] - mean) * inverse)
        }
      }
      let count = Double(groups.rowCount)
      let (first, second) = (Float(sum / count), Float(product / count))
      for channel in 0..<groups.channels {
        let start = (row * groups.channels + channel) * groups.area
        let factor = scale[(firstScale + channel) / groups.channelsOfScale]
        for i in start..<start + groups.area {
          dx[i] += inverse * (dy[i] * factor - first - (x[i] - mean) * inverse * second)
        }
      }
    }
  }

  /// `dscale += Σ dy · x̂`, `dbias += Σ dy`; each where it is given.
  package static func addGroupNormalizationParameterGradients(
    _ x: UnsafePointer<Float>, means: UnsafePointer<Float>, inverses: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>, dscale: UnsafeMutablePointer<Float>?,
    dbias: UnsafeMutablePointer<Float>?, _ groups: ChannelGroups
  ) {
    // Scales are cut, not images: each sum has one order.
    let channels = groups.groups * groups.channels
    let work = max(1, groups.images * groups.area * groups.channelsOfScale)
    Parallel.forRanges(
      of: channels / groups.channelsOfScale, size: max(1, elementsPerTask / (4 * work))
    ) { scales in
      for place in scales {
        var (sum, product) = (0.0, 0.0)
        for image in 0..<groups.images {
          let first = place * groups.channelsOfScale
          for channel in first..<first + groups.channelsOfScale {
            let row = image * groups.groups + channel / groups.channels
            let start = (image * channels + channel) * groups.area
            for i in start..<start + groups.area {
              sum += Double(dy[i])
              product += Double(dy[i]) * Double((x[i] - means[row]) * inverses[row])
            }
          }
        }
        dscale?[place] += Float(product)
        dbias?[place] += Float(sum)
      }
    }
  }

  /// Calls `body` with each group, and the first of its channels.
  @inline(__always)
  private static func forGroups(
    _ groups: ChannelGroups, _ body: (_ row: Int, _ channel: Int) -> Void
  ) {
    guard groups.rowCount > 0 else { return }
    let size = max(1, elementsPerTask / (4 * groups.rowCount))
    Parallel.forRanges(of: groups.rows, size: size) { range in
      for row in range { body(row, row % groups.groups * groups.channels) }
    }
  }
}
