extension Image {
  /// A square picture of a figure somewhere, turned, sized and coloured at random, over a shaded
  /// background with noise.
  ///
  /// - Parameter figure: is a point inside? The figure lies within radius 1 round the origin.
  public init(
    drawing figure: (Float, Float) -> Bool, side: Int, using generator: inout SeededGenerator
  ) {
    let canvas = Canvas(side: side, using: &generator)
    var pixels = [UInt8](repeating: 0, count: side * side * 3)
    for y in 0..<side {
      for x in 0..<side {
        let coverage = canvas.coverage(x, y, figure)
        for channel in 0..<3 {
          let background = canvas.background(x, y, channel)
          let value = background + (canvas.ink[channel] - background) * coverage
          let noisy = value + 10 * generator.normal()
          pixels[(y * side + x) * 3 + channel] = UInt8(min(max(noisy, 0), 255))
        }
      }
    }
    self.init(width: side, height: side, pixels: pixels)
  }
}

/// Where a figure stands, and in which colours.
private struct Canvas {
  let ink: [Float]
  private let paper: [Float]
  private let shade: (x: Float, y: Float)
  private let side: Float
  private let centre: (x: Float, y: Float)
  private let size: Float
  private let turn: (cosine: Float, sine: Float)

  init(side: Int, using generator: inout SeededGenerator) {
    self.side = Float(side)
    func between(_ low: Float, _ high: Float, _ generator: inout SeededGenerator) -> Float {
      low + (high - low) * generator.uniform()
    }
    paper = (0..<3).map { _ in between(20, 235, &generator) }
    // At least 70 levels from the paper on average, whatever side has room.
    let isDark = paper.reduce(0, +) < 3 * 128
    ink = paper.map { level in
      isDark
        ? between(min(level + 70, 230), 255, &generator)
        : between(0, max(level - 70, 25), &generator)
    }
    shade = (between(-40, 40, &generator), between(-40, 40, &generator))
    size = between(0.24, 0.42, &generator) * Float(side)
    centre = (
      between(0.42, 0.58, &generator) * Float(side), between(0.42, 0.58, &generator) * Float(side)
    )
    // A rational point of the unit circle: no trigonometry, the same on every machine.
    let t = between(-1, 1, &generator)
    turn = ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))
  }

  func background(_ x: Int, _ y: Int, _ channel: Int) -> Float {
    paper[channel] + shade.x * (Float(x) / side - 0.5) + shade.y * (Float(y) / side - 0.5)
  }

  /// How much of a pixel the figure covers, by four samples.
  func coverage(_ x: Int, _ y: Int, _ figure: (Float, Float) -> Bool) -> Float {
    var inside = 0
    for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] as [(Float, Float)] {
      let (u, v) = local(Float(x) + dx, Float(y) + dy)
      inside += figure(u, v) ? 1 : 0
    }
    return Float(inside) / 4
  }

  /// A point in the figure's own system.
  private func local(_ x: Float, _ y: Float) -> (Float, Float) {
    let (dx, dy) = ((x - centre.x) / size, (y - centre.y) / size)
    return (turn.cosine * dx + turn.sine * dy, turn.cosine * dy - turn.sine * dx)
  }
}
