import GraftData
import GraftTensor
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What augmentations draw: within their ranges, over all of them, the same for the same seed.
@Suite struct AugmentationDrawTests {
  private func draws<A: Augmentation>(
    _ augmentation: A, _ count: Int = 4000, width: Int = 60, height: Int = 40
  ) -> [A.Parameters] {
    (0..<count).map { index in
      var generator = SeededGenerator(7, index)
      return augmentation.draw(width: width, height: height, using: &generator)
    }
  }

  /// Within five standard deviations of what a fair draw of 4000 gives.
  private func isOften(_ count: Int, _ probability: Double, of total: Int = 4000) -> Bool {
    let deviation = (Double(total) * probability * (1 - probability)).squareRoot()
    return abs(Double(count) - Double(total) * probability) < 5 * deviation + 1e-9
  }

  /// Five standard deviations of the mean of 4000 uniform numbers.
  private func isMiddle(_ values: [Double], _ range: ClosedRange<Double>) -> Bool {
    let mean = values.reduce(0, +) / Double(values.count)
    let width = range.upperBound - range.lowerBound
    let slack = 5 * width / (12 * Double(values.count)).squareRoot()
    return abs(mean - (range.lowerBound + range.upperBound) / 2) < slack
      && values.allSatisfy(range.contains)
      && (values.max() ?? 0) > range.upperBound - 0.01 * width
      && (values.min() ?? 0) < range.lowerBound + 0.01 * width
  }

  @Test(arguments: [0, 0.2, 0.5, 1]) func flipsAsOftenAsAsked(_ probability: Double) {
    #expect(isOften(draws(HorizontalFlip(probability: probability)).count { $0 }, probability))
    #expect(isOften(draws(VerticalFlip(probability: probability)).count { $0 }, probability))
  }

  @Test func turnsEvenly() {
    #expect(isMiddle(draws(Rotation(degrees: 30)), -30...30))
  }

  @Test func cropsAreWithinScaleAndRatio() {
    let crops = draws(RandomResizedCrop(scale: 0.2...0.5), width: 600, height: 400)
    let areas = crops.map { Double($0.width * $0.height) / 240_000 }
    // Sides are whole: half a pixel of at least 190 in each.
    #expect(areas.allSatisfy { $0 > 0.198 && $0 < 0.503 })
    #expect(abs(areas.reduce(0, +) / 4000 - 0.35) < 0.01)
    let logs = crops.map { log(Double($0.width) / Double($0.height)) }
    #expect(logs.allSatisfy { abs($0) < log(4.0 / 3) + 0.006 })
    #expect(abs(logs.reduce(0, +) / 4000) < 0.015)
    #expect(crops.allSatisfy { $0.left >= 0 && $0.left + $0.width <= 600 })
    #expect(crops.allSatisfy { $0.top >= 0 && $0.top + $0.height <= 400 })
    #expect(crops.contains { $0.left < 5 } && crops.contains { $0.left + $0.width > 595 })
  }

  /// A photo of one row: no part of the right proportions is as large as asked for.
  @Test func cropsFallBackToTheMiddle() {
    for crop in draws(RandomResizedCrop(scale: 0.9...1), 20, width: 100, height: 9) {
      #expect(crop == PixelRegion(left: 44, top: 0, width: 12, height: 9))
    }
    for crop in draws(RandomResizedCrop(scale: 0.9...1), 20, width: 9, height: 100) {
      #expect(crop == PixelRegion(left: 0, top: 44, width: 9, height: 12))
    }
    #expect(
      draws(RandomResizedCrop(), 20, width: 1, height: 1)
        .allSatisfy { $0 == PixelRegion(left: 0, top: 0, width: 1, height: 1) })
  }

  @Test func jitterIsWithinItsAmounts() {
    let jitter = ColorJitter(brightness: 0.4, contrast: 0.2, saturation: 1.5, hue: 0.1)
    let all = draws(jitter)
    #expect(all.allSatisfy { $0.count == 4 })
    var values: [String: [Double]] = [:]
    for change in all.joined() {
      switch change {
      case .brightness(let factor): values["b", default: []].append(Double(factor))
      case .contrast(let factor): values["c", default: []].append(Double(factor))
      case .saturation(let factor): values["s", default: []].append(Double(factor))
      case .hue(let turns): values["h", default: []].append(Double(turns))
      }
    }
    // A float may round to just above its bound.
    #expect(isMiddle(values["b"] ?? [], 0.6...1.4000001))
    #expect(isMiddle(values["c"] ?? [], 0.8...1.2000001))
    #expect(isMiddle(values["s"] ?? [], 0...2.5))
    #expect(isMiddle(values["h"] ?? [], -0.1000001...0.1000001))
    let orders = Set(all.map { $0.map { "\($0)".prefix(3) } })
    #expect(orders.count == 24)
    #expect(
      draws(ColorJitter(brightness: 0, contrast: 0.1, saturation: 0)).allSatisfy {
        $0.count == 1
      })
  }

  @Test func erasingIsWithinScaleAndRatio() {
    let patches = draws(RandomErasing(), width: 200, height: 100)
    let regions = patches.compactMap { $0?.region }
    // Narrow rectangles of a third of the area do not fit and are drawn again.
    #expect(isOften(patches.count, 1) && regions.count > 1800 && regions.count < 2200)
    let areas = regions.map { Double($0.width * $0.height) / 20_000 }
    #expect(areas.allSatisfy { $0 > 0.018 && $0 < 0.34 })
    #expect((areas.max() ?? 0) > 0.32 && (areas.min() ?? 1) < 0.022)
    #expect(
      regions.allSatisfy {
        $0.left >= 0 && $0.top >= 0 && $0.left + $0.width <= 200 && $0.top + $0.height <= 100
      })
    #expect(Set(patches.compactMap { $0?.seed }).count == regions.count)
    #expect(draws(RandomErasing(probability: 0)).allSatisfy { $0 == nil })
    // Nothing smaller than one pixel fits.
    #expect(draws(RandomErasing(probability: 1), 50, width: 1, height: 1).allSatisfy { $0 == nil })
  }

  @Test func shiftsReachTheMargin() {
    let shifts = draws(PadCrop(margin: 0.125), width: 32, height: 16)
    for x in -4...4 { #expect(isOften(shifts.count { $0.x == x }, 1.0 / 9)) }
    for y in -2...2 { #expect(isOften(shifts.count { $0.y == y }, 1.0 / 5)) }
    #expect(draws(PadCrop(margin: 0)).allSatisfy { $0 == PadCrop.Shift(x: 0, y: 0) })
  }

  @Test func randAugmentHasTorchvisionsStrengths() {
    let all = draws(RandAugment(operations: 3, magnitude: 9), width: 331, height: 662)
    #expect(all.allSatisfy { $0.count == 3 })
    // torchvision's tables at 9 of 30, both directions.
    let expected: Set<ImageOperation> = [
      .identity, .shearX(0.09), .shearX(-0.09), .shearY(0.09), .shearY(-0.09), .translateX(45),
      .translateX(-45), .translateY(90), .translateY(-90), .rotate(9), .rotate(-9),
      .brightness(1.27), .brightness(0.73), .color(1.27), .color(0.73), .contrast(1.27),
      .contrast(0.73), .sharpness(1.27), .sharpness(0.73), .posterize(7), .solarize(178.5),
      .autoContrast, .equalize,
    ]
    #expect(Set(all.joined()) == expected)
    #expect(isOften(all.joined().count { $0 == .equalize }, 1.0 / 14, of: 12_000))
    #expect(isOften(all.joined().count { $0 == .rotate(-9) }, 1.0 / 28, of: 12_000))
  }

  @Test func trivialAugmentCoversItsSpace() {
    let all = draws(TrivialAugment(), 20_000, width: 224, height: 32)
    // 14 kinds; 9 have 31 strengths and their opposites, 2 of them small whole pixels.
    func values(_ pick: (ImageOperation) -> Double?) -> [Double] { all.compactMap(pick) }
    let degrees = values { if case .rotate(let d) = $0 { d } else { nil } }
    #expect(degrees.min() == -135 && degrees.max() == 135 && Set(degrees).count == 61)
    let bits = values { if case .posterize(let bits) = $0 { Double(bits) } else { nil } }
    #expect(Set(bits) == [2, 3, 4, 5, 6, 7, 8])
    let across = values { if case .translateX(let x) = $0 { Double(x) } else { nil } }
    #expect(across.min() == -32 && across.max() == 32)
    let down = values { if case .translateY(let y) = $0 { Double(y) } else { nil } }
    #expect(down.min() == -4 && down.max() == 4)
    let thresholds = values { if case .solarize(let level) = $0 { level } else { nil } }
    #expect(thresholds.min() == 0 && thresholds.max() == 255)
    let factors = values { if case .sharpness(let factor) = $0 { Double(factor) } else { nil } }
    #expect(abs((factors.min() ?? 0) - 0.01) < 1e-6 && abs((factors.max() ?? 0) - 1.99) < 1e-6)
    #expect(isOften(all.count { $0 == .equalize }, 1.0 / 14, of: 20_000))
  }

  /// The mean of squares is that of noise (1/3) times that of the Gaussian's weights, 1 / (4 π σ²).
  @Test func bendsAsStronglyAsAsked() {
    let elastic = ElasticDeformation(alpha: 34, sigma: 4)
    let fields = draws(elastic, 40, width: 28, height: 28)
    let middle = fields.flatMap { field in [field.x[14 * 28 + 14], field.y[14 * 28 + 14]] }
    let expected = 34 * (1 / (3 * 4 * Double.pi * 16)).squareRoot()
    let found = (middle.reduce(0) { $0 + Double($1 * $1) } / Double(middle.count)).squareRoot()
    // 80 draws, whose deviation is known to 1 in sqrt(160); four of those.
    #expect(abs(found / expected - 1) < 0.32)
    for field in fields {
      for x in 1..<28 { #expect(abs(field.x[x] - field.x[x - 1]) < 1.5) }
    }
    let large = draws(elastic, 40, width: 84, height: 84)
    let wide = large.flatMap { field in [field.x[42 * 84 + 42], field.y[42 * 84 + 42]] }
    let zoomed = (wide.reduce(0) { $0 + Double($1 * $1) } / Double(wide.count)).squareRoot()
    #expect(abs(zoomed / (3 * expected) - 1) < 0.32)
    let still = draws(ElasticDeformation(alpha: 0), 1)[0]
    #expect(still.x.allSatisfy { $0 == 0 } && still.y.allSatisfy { $0 == 0 })
  }

  /// The double sum over both axes at once.
  @Test(arguments: [(7, 5, 0.8), (5, 9, 2.5), (1, 1, 4), (30, 2, 1)])
  func smoothsAsAGaussian(_ width: Int, _ height: Int, _ sigma: Double) {
    var noise = SeededGenerator(2)
    let plane = (0..<width * height).map { _ in noise.normal() }
    let radius = Int((3 * sigma).rounded(.up))
    func weight(_ distance: Int) -> Double {
      abs(distance) > radius ? 0 : exp(-Double(distance * distance) / (2 * sigma * sigma))
    }
    let total = (-radius...radius).reduce(0) { $0 + weight($1) }
    let smoothed = ElasticDeformation.smoothed(plane, width: width, height: height, sigma: sigma)
    for index in plane.indices {
      let expected = plane.indices.reduce(0.0) { sum, other in
        sum + Double(plane[other]) * weight(other % width - index % width)
          * weight(other / width - index / width)
      }
      // Sums of at most 64 terms below 4 in single precision.
      #expect(abs(Double(smoothed[index]) - expected / (total * total)) < 2e-6)
    }
  }

  @Test(arguments: AugmentationCatalog.entries.map(\.name))
  func theSameSeedGivesTheSamePhoto(_ name: String) throws {
    let policy = try AugmentationPolicy(name)
    var noise = SeededGenerator(3)
    let image = Image(
      width: 23, height: 17,
      pixels: (0..<23 * 17 * 3).map { _ in UInt8(truncatingIfNeeded: noise.next()) })
    func view(_ seed: UInt64) -> Image {
      var generator = SeededGenerator(seed)
      return policy.view(of: image, side: 17, using: &generator)
    }
    let views = (0..<20).map { view($0) }
    #expect(views == (0..<20).map { view($0) })
    #expect(Set(views).count > (name == "none" ? 0 : name.hasSuffix("flip") ? 1 : 4))
    #expect(name != "none" || views.allSatisfy { $0 == image })
  }
}
