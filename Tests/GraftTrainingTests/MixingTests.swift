import Foundation
import GraftTensor
import GraftTraining
import Testing

@Suite struct MixingTests {
  /// Each element tells its picture, channel, line and column.
  static func picture(_ n: Int, _ c: Int, _ h: Int, _ w: Int) -> Float {
    Float(n * 1000 + c * 100 + h * 10 + w)
  }

  /// `[n, channels, height, width]` as it lies in memory.
  static func pictures(_ shape: Shape, _ layout: Layout) -> [Float] {
    var floats = [Float](repeating: 0, count: shape.elementCount)
    let strides = Layout.strides(shape, layout)
    forEachPlace(shape) { n, c, h, w in
      floats[n * strides[0] + c * strides[1] + h * strides[2] + w * strides[3]] =
        picture(n, c, h, w)
    }
    return floats
  }

  static func forEachPlace(_ shape: Shape, _ body: (Int, Int, Int, Int) -> Void) {
    for n in 0..<shape[0] {
      for c in 0..<shape[1] {
        for h in 0..<shape[2] { for w in 0..<shape[3] { body(n, c, h, w) } }
      }
    }
  }

  /// What a mixing makes of a batch whose row n has class n.
  static func mixed(
    _ mixing: any BatchMixing, _ floats: [Float], _ shape: Shape, _ layout: Layout = .channelsFirst,
    seed: UInt64
  ) -> (batch: [Float], targets: [[Float]]) {
    let count = shape[0]
    var batch = Tensor([floats.count], floats)
    var targets = Targets.oneHot(Array(0..<count), classes: count)
    var generator = SeededGenerator(seed)
    mixing.mix(
      MutableTensorView(shape, batch.unsafeMutableView().base, layout: layout),
      targets: targets.unsafeMutableView(), using: &generator)
    let rows = targets.elements
    return (batch.elements, (0..<count).map { Array(rows[$0 * count..<($0 + 1) * count]) })
  }

  /// The partner of each row and the share of its own, read off the targets.
  func partners(_ targets: [[Float]]) -> [(partner: Int, share: Float)] {
    targets.enumerated().map { row, target in
      let partner = target.indices.first { $0 != row && target[$0] != 0 } ?? row
      return (partner, target[row])
    }
  }

  @Test(arguments: [[5, 7], [4, 3, 2, 5], [1, 3]], 1...5 as ClosedRange<UInt64>)
  func mixupIsTheFormula(dimensions: [Int], seed: UInt64) {
    let shape = Shape(dimensions)
    var generator = SeededGenerator(99)
    let x = (0..<shape.elementCount).map { _ in generator.normal() }
    let (batch, targets) = Self.mixed(Mixup(alpha: 1), x, shape, .channelsLast, seed: seed)
    let size = shape.elementCountPerImage
    let partners = partners(targets)
    // One λ for the batch, each row some row's partner.
    #expect(Set(partners.map(\.partner)).count == shape[0])
    #expect(Set(partners.filter { $0.share != 1 }.map(\.share)).count <= 1)
    for (row, (partner, share)) in partners.enumerated() {
      #expect(abs(targets[row].reduce(0, +) - 1) < 1e-6)
      for i in 0..<size {
        let expected =
          Double(share) * Double(x[row * size + i])
          + (1 - Double(share)) * Double(x[partner * size + i])
        #expect(abs(Double(batch[row * size + i]) - expected) < 1e-6)
      }
    }
  }

  @Test(
    arguments: [[6, 3, 5, 7], [3, 1, 8, 8], [2, 4, 1, 1], [1, 2, 4, 4]] as [[Int]],
    [Layout.channelsFirst, .channelsLast])
  func cutMixPastesOneBox(dimensions: [Int], layout: Layout) {
    let shape = Shape(dimensions)
    let strides = Layout.strides(shape, layout)
    var areas: Set<Int> = []
    for seed in 1...40 as ClosedRange<UInt64> {
      let (batch, targets) = Self.mixed(
        CutMix(), Self.pictures(shape, layout), shape, layout, seed: seed)
      let partners = partners(targets)
      // The places that changed are the same in every picture that has another for a partner.
      var boxes: [Int: Set<[Int]>] = [:]
      Self.forEachPlace(shape) { n, c, h, w in
        let found = batch[n * strides[0] + c * strides[1] + h * strides[2] + w * strides[3]]
        guard found != Self.picture(n, c, h, w) else { return }
        #expect(found == Self.picture(partners[n].partner, c, h, w))
        boxes[n, default: []].insert([c, h, w])
      }
      #expect(Set(boxes.values).count <= 1)
      guard let (picture, box) = boxes.first else { continue }
      let (lines, columns) = (Set(box.map { $0[1] }), Set(box.map { $0[2] }))
      #expect(box.count == shape[1] * lines.count * columns.count)
      #expect(lines.max()! - lines.min()! + 1 == lines.count)
      #expect(columns.max()! - columns.min()! + 1 == columns.count)
      let area = lines.count * columns.count
      areas.insert(area)
      let share = 1 - Float(area) / Float(shape[2] * shape[3])
      #expect(abs(partners[picture].share - share) < 1e-6)
      #expect(abs(targets[picture].reduce(0, +) - 1) < 1e-6)
    }
    // Boxes of one pixel, or of a picture without partners, do not exist.
    #expect(areas.count > 5 || shape[0] == 1 || shape[2] == 1)
  }

  @Test func cutMixIsTheSameInEitherLayout() {
    let shape: Shape = [5, 3, 6, 4]
    let (first, last) = (
      Self.mixed(
        CutMix(), Self.pictures(shape, .channelsFirst), shape, .channelsFirst, seed: 3),
      Self.mixed(CutMix(), Self.pictures(shape, .channelsLast), shape, .channelsLast, seed: 3)
    )
    #expect(first.targets == last.targets)
    let (a, b) = (Layout.strides(shape, .channelsFirst), Layout.strides(shape, .channelsLast))
    Self.forEachPlace(shape) { n, c, h, w in
      #expect(
        first.batch[n * a[0] + c * a[1] + h * a[2] + w * a[3]]
          == last.batch[n * b[0] + c * b[1] + h * b[2] + w * b[3]])
    }
  }

  /// λ uniform: the side √(1−λ) of the box has mean ⅔ before borders cut it.
  @Test func cutMixBoxesAreAsLargeAsDrawn() {
    let shape: Shape = [2, 1, 64, 64]
    var shares: [Double] = []
    for seed in 0..<2000 as Range<UInt64> {
      let targets = Self.mixed(
        CutMix(), [Float](repeating: 0, count: shape.elementCount), shape, seed: seed
      ).targets
      let partners = partners(targets)
      if partners[0].partner == 1 { shares.append(1 - Double(partners[0].share)) }
    }
    // For a side of s the part inside is on average s − s²/4 of each extent, squared and averaged
    // over s = √u: ∫(√u − u/4)² du = 1/2 − 1/5 + 1/48.
    let mean = shares.reduce(0, +) / Double(shares.count)
    #expect(shares.count > 900)
    #expect(abs(mean - (0.5 - 0.2 + 1 / 48.0)) < 0.03)
  }

  @Test func choosesOneForEachBatch() throws {
    let mixing = try MixingCatalog.make("mixup:1,cutmix")
    let shape: Shape = [2, 1, 4, 4]
    var (blended, pasted) = (0, 0)
    for seed in 0..<200 as Range<UInt64> {
      let batch = Self.mixed(mixing, Self.pictures(shape, .channelsFirst), shape, seed: seed).batch
      let whole = Set(Self.pictures(shape, .channelsFirst))
      if batch == Self.pictures(shape, .channelsFirst) { continue }
      if batch.allSatisfy(whole.contains) { pasted += 1 } else { blended += 1 }
    }
    #expect(blended > 35 && pasted > 35)
  }

  @Test func catalogReadsTexts() throws {
    #expect(MixingCatalog.names == ["cutmix", "mixup"])
    #expect(try MixingCatalog.make("mixup") as? Mixup == Mixup(alpha: 0.2))
    #expect(try MixingCatalog.make("mixup:0.4") as? Mixup == Mixup(alpha: 0.4))
    #expect(try MixingCatalog.make("cutmix") as? CutMix == CutMix(alpha: 1))
    #expect(try MixingCatalog.make("cutmix:0.5") as? CutMix == CutMix(alpha: 0.5))
    let both = try #require(try MixingCatalog.make("mixup:0.2,cutmix:1") as? RandomMixing)
    #expect(both.choices.count == 2)
    #expect(both.choices[0] as? Mixup == Mixup())
    #expect(both.choices[1] as? CutMix == CutMix())
    #expect(both.needsPictures)
  }

  @Test(arguments: [
    ("mixup:0", "'mixup:0': '0' is not a number above 0; expected mixup[:ALPHA]"),
    ("cutmix:", "'cutmix:': '' is not a number above 0; expected cutmix[:ALPHA]"),
    ("cutmix:inf", "'cutmix:inf': 'inf' is not a number above 0; expected cutmix[:ALPHA]"),
    ("mixup:1:2", "'mixup:1:2': '1:2' is not a number above 0; expected mixup[:ALPHA]"),
    ("blend", "no mixing is called 'blend'\n  known: cutmix, mixup"),
    ("mixup,", "no mixing is called ''\n  known: cutmix, mixup"),
  ])
  func catalogRefuses(text: String, message: String) {
    var options = TrainingOptions()
    options.mixing = text
    let error = #expect(throws: TrainingError.self) { try Trainer(options) }
    #expect(error?.description == message)
    #expect(error?.kind == .badSetting)
  }
}

// MARK: - In a run

extension MixingTests {
  @Test func trainerMixesWhatItLearnsFrom() throws {
    var options = TrainingOptions(
      epochs: 30, batchSize: 16, learningRate: 0.05, patience: 50, labelSmoothing: 0)
    func fit() throws -> TrainingResult<[Float]> {
      try Trainer(options).fit(
        LinearNetwork(inputs: 8, outputs: 3), training: TrainerTests.clusters(120, seed: 1),
        validation: TrainerTests.clusters(60, seed: 2))
    }
    let plain = try fit()
    options.mixing = "mixup:1"
    let mixed = try fit()
    #expect(mixed.epochs.last!.trainingLoss > plain.epochs.last!.trainingLoss + 0.1)
    #expect(mixed.epochs[mixed.bestEpoch - 1].validationAccuracy! > 0.85)
    #expect(try fit().weights == mixed.weights)
    options.seed = 2
    #expect(try fit().weights != mixed.weights)
  }

  @Test func refusesBoxesInVectors() throws {
    var options = TrainingOptions()
    options.mixing = "mixup,cutmix"
    let error = #expect(throws: TrainingError.self) {
      try Trainer(options).fit(
        LinearNetwork(inputs: 8, outputs: 3), training: TrainerTests.clusters(9, seed: 1),
        validation: nil)
    }
    #expect(
      error?.description
        == "boxes of pixels cannot be mixed in samples of shape [8]; expected [C, H, W]\n"
        + "  mixup mixes samples of any shape.")
  }
}

// MARK: - Numbers

@Suite struct BetaTests {
  /// Kolmogorov and Smirnov's distance; of 20 000 draws it is above 0.0138 once in a thousand seeds.
  func distance(_ draws: [Double], _ distribution: (Double) -> Double) -> Double {
    let sorted = draws.sorted()
    let count = Double(sorted.count)
    return sorted.enumerated().reduce(0) { largest, draw in
      let p = distribution(draw.element)
      return max(largest, p - Double(draw.offset) / count, Double(draw.offset + 1) / count - p)
    }
  }

  struct Distribution: Sendable {
    var shapes: [Double]
    /// The probability of a number up to x.
    var probability: @Sendable (Double) -> Double

    init(_ shapes: Double..., probability: @escaping @Sendable (Double) -> Double) {
      self.shapes = shapes
      self.probability = probability
    }
  }

  static let betas: [Distribution] = [
    Distribution(0.5, 0.5) { x in 2 / Double.pi * asin(x.squareRoot()) },
    Distribution(1, 1) { x in x },
    Distribution(2, 2) { x in x * x * (3 - 2 * x) },
    Distribution(1, 3) { x in 1 - pow(1 - x, 3) },
    Distribution(4, 1) { x in pow(x, 4) },
  ]

  @Test(arguments: betas) func betaIsItsDistribution(_ beta: Distribution) {
    var generator = SeededGenerator(5)
    let draws = (0..<20_000).map { _ in generator.beta(beta.shapes[0], beta.shapes[1]) }
    #expect(draws.allSatisfy { (0...1).contains($0) })
    #expect(distance(draws, beta.probability) < 0.0138)
  }

  static let gammas: [Distribution] = [
    Distribution(0.5) { x in erf(x.squareRoot()) },
    Distribution(1) { x in 1 - exp(-x) },
    Distribution(2) { x in 1 - exp(-x) * (1 + x) },
    Distribution(3) { x in 1 - exp(-x) * (1 + x + x * x / 2) },
  ]

  @Test(arguments: gammas) func gammaIsItsDistribution(_ gamma: Distribution) {
    var generator = SeededGenerator(6)
    let draws = (0..<20_000).map { _ in exp(generator.logGamma(gamma.shapes[0])) }
    #expect(distance(draws, gamma.probability) < 0.0138)
  }

  /// Variance of Beta(α, α): 1 / (4·(2α + 1)).
  @Test(arguments: [1e-3, 0.02, 0.2, 7.5, 1e6]) func momentsHoldFromSmallToLarge(alpha: Double) {
    var generator = SeededGenerator(7)
    let draws = (0..<20_000).map { _ in generator.beta(alpha, alpha) }
    let mean = draws.reduce(0, +) / 20_000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    let expected = 1 / (4 * (2 * alpha + 1))
    #expect(draws.allSatisfy { (0...1).contains($0) })
    #expect(abs(mean - 0.5) < 4 * (expected / 20_000).squareRoot())
    #expect(abs(variance / expected - 1) < 0.06)
  }
}
